from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexios.openapi.yaml import write_yaml

yaml = pytest.importorskip("yaml")

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value: object) -> None:
    written = write_yaml(value)
    # PyYAML reads YAML 1.1, for which `1e+16` is a text.
    assert normal(yaml.safe_load(written)) == normal(value)


def normal(value: object) -> object:
    if isinstance(value, dict):
        return {key: normal(each) for key, each in value.items()}
    if isinstance(value, list):
        return [normal(each) for each in value]
    try:
        return float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else value
    except (ValueError, OverflowError):
        return value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": 1, "b": ["x", True], "c": {}}, "a: 1\nb:\n  - x\n  - true\nc: {}\n"),
        ([{"a": 1, "b": 2}, [1]], "- a: 1\n  b: 2\n- - 1\n"),
        ({"yes": "no", "200": "1.0", "/a/{b}": "$ref"}, '"yes": "no"\n"200": "1.0"\n/a/{b}: $ref\n'),
        ({}, "{}\n"),
    ],
)
def test_it_looks_as_one_would_write_it(value: object, expected: str) -> None:
    assert write_yaml(value) == expected
