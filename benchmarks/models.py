"""What the typed applications read and write, for those frameworks that know pydantic or leave it to their users."""

from __future__ import annotations

from pydantic import BaseModel, Field

from benchmarks.material import PRODUCTS


class Product(BaseModel):
    id: int
    name: str
    price: float
    stock: int
    tags: list[str]


class Customer(BaseModel):
    name: str
    email: str


class Line(BaseModel):
    product: int
    amount: int = Field(ge=1)
    price: float


class Order(BaseModel):
    number: str
    customer: Customer
    lines: list[Line]
    express: bool = False
    remark: str | None = None


CATALOGUE = [Product.model_validate(each) for each in PRODUCTS]
