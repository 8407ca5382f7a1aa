"""Another server on loopback, and a team space that Alice manages and Bob edits."""

from __future__ import annotations

from tests.mirrors.conftest import outside, space

__all__ = ["outside", "space"]
