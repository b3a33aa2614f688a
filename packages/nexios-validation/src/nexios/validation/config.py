"""The section ``validation`` of the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ValidationConfig:
    """*unknown_query* says what becomes of query fields that no parameter of the route names.

    *responses* "auto" validates returned instances anew while debug is on; "always" and "never" do so and do not.
    """

    unknown_query: Literal["allow", "refuse"] = "allow"
    responses: Literal["auto", "always", "never"] = "auto"
