from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from nexios import HTTPException, NexiosApp, Request, Response
from nexios.validation import LimitOffset, Page, Problem, Query

app = NexiosApp(title="Products")


class Product(BaseModel):
    # "9.99" is not a number: what the document says is taken, and nothing that could merely be read so.
    model_config = ConfigDict(strict=True)

    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Widget"])]
    price: Annotated[float, Field(ge=0, allow_inf_nan=False, examples=[9.99])]


products = {1: Product(name="Widget", price=9.99)}


@app.get("/products", tags=["products"])
async def list_products(request: Request, response: Response, window: Annotated[LimitOffset, Query()]) -> Page[Product]:
    """All products, a page at a time."""
    found = list(products.values())
    return Page[Product].of(window.slice(found), len(found), window, request, response)


@app.get("/products/{product_id}", tags=["products"], responses={404: Problem})
async def get_product(product_id: int) -> Product:
    """One product."""
    if product_id not in products:
        raise HTTPException(404, "there is no such product")
    return products[product_id]


@app.post("/products", status_code=201, tags=["products"])
async def create_product(p: Product) -> Product:
    """Add a product. `p` has been validated already."""
    # Only the last hundred are kept: this is an example.
    products[max(products, default=0) + 1] = p
    if len(products) > 100:
        del products[min(products)]
    return p
