"""Addresses and texts are put together as Django does it, only quicker."""

from __future__ import annotations

import pytest
from django.urls import reverse, set_script_prefix
from django.utils.html import escape
from hypothesis import given
from hypothesis import strategies as st

from farley.web.addresses import address
from farley.web.templatetags.farley import escaped


@pytest.mark.parametrize("prefix", ["/", "/crm0/"])
@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("contacts", []),
        ("contact", [10]),
        ("contact-photo", [10**18 - 1]),
        ("undo", [0]),
        ("fact", [7, "fn"]),
        ("new-fact", [7, "X-ABDATE"]),
        ("space", ["sales-2"]),
    ],
)
def test_an_address_is_the_one_that_django_finds(prefix: str, name: str, ids: list[int | str]) -> None:
    set_script_prefix(prefix)
    try:
        assert address(name, *ids) == reverse(name, args=ids)
        assert address(name, *ids).startswith(prefix)
    finally:
        set_script_prefix("/")


@given(st.text(st.characters() | st.sampled_from("<>&\"'")))
def test_a_text_is_escaped_as_django_does(text: str) -> None:
    assert escaped(text) == escape(text)
