"""What the tests of the pure HTTP modules share."""

from __future__ import annotations

from hypothesis import settings

# What one example takes on a shared machine says nothing about the parser; assert_linear measures instead.
settings.register_profile("http", deadline=None)
settings.load_profile("http")
