"""Every request that schemathesis makes up gets an answer that the application's own document allows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from examples.products.app import app as products
from tests.openapi.wide_application import app as wide

schemathesis = pytest.importorskip("schemathesis")
checks = pytest.importorskip("schemathesis.specs.openapi.checks")

pytestmark = pytest.mark.slow

EXAMPLES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

products_schema = schemathesis.openapi.from_asgi("/openapi.json", products)
wide_schema = schemathesis.openapi.from_asgi("/openapi.json", wide)


@products_schema.parametrize()  # type: ignore[untyped-decorator]
@EXAMPLES
def test_the_example_answers_as_its_document_says(case: Any) -> None:
    case.call_and_validate()


@wide_schema.parametrize()  # type: ignore[untyped-decorator]
@EXAMPLES
def test_an_application_that_uses_every_kind_of_input_answers_as_its_document_says(case: Any) -> None:
    # pydantic reads "1" and false as numbers unless a model is strict, and not every text is a cursor.
    case.call_and_validate(excluded_checks=[checks.negative_data_rejection, checks.positive_data_acceptance])
