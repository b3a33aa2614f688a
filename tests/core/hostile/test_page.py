from __future__ import annotations

from tests.core.hostile.page import PAGE, render


def test_the_page_of_hostile_input_says_what_the_tables_say() -> None:
    assert PAGE.read_text("utf-8") == render(), "write it anew: hatch run tables"
