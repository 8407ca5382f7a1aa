"""Pasted signatures are read as contacts; what is not understood is kept."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farley.codecs.pasted import MAX_TEXT, read_pasted
from farley.codecs.vcard import Card
from farley.codecs.vcard_draft import Draft, Reach

GOLDEN = tomllib.loads(Path(__file__).with_name("pasted.toml").read_text("utf-8"))["pasted"]


def told(draft: Draft) -> dict[str, Any]:
    """What the draft says, as the golden table has it."""
    said = {
        "name": " | ".join(draft.name) if any(draft.name) else "",
        "org": draft.organisation,
        "unit": "; ".join(draft.units),
        "title": "; ".join(draft.titles),
        "role": "; ".join(draft.roles),
        "email": [reach(each) for each in draft.emails],
        "phone": [reach(each) for each in draft.phones],
        "url": [reach(each) for each in draft.urls],
        "chat": [":".join(each) for each in draft.chats],
        "address": [" | ".join(part.replace("\n", " // ") for part in place.parts) for place in draft.places.values()],
        "note": "\n".join(draft.notes),
    }
    return {name: value for name, value in said.items() if value}


def reach(each: Reach) -> str:
    said = [*each.types, *filter(None, [each.label])]
    return f"{each.value} ({', '.join(said)})" if said else each.value


@pytest.mark.parametrize("given", GOLDEN, ids=[each["text"].strip()[:30] for each in GOLDEN])
def test_a_signature_is_read_as_its_contact(given: dict[str, Any]) -> None:
    draft = read_pasted(given["text"])
    assert told(draft) == {name: value for name, value in given.items() if name != "text"}
    if any(draft.name) or draft.organisation:
        assert Card.parse(draft.octets()).full_name


PIECES = st.sampled_from(
    ["Anna", "Dr.", "GmbH", "Tel", ":", "+49 30 1234567", "@", "a@b.de", "www.", "12345", "Berlin", "Str. 1", "\n", ",",
     " | ", "-", "(", ")", "SW1A 2AA", "IL", "62701", "HRB", "Frau", "\u200b", "1" * 60, "ß", "von", "e: ", "m"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=8), max_size=60).map(" ".join))
def test_whatever_is_pasted_a_contact_is_proposed_and_its_addresses_are_in_it(text: str) -> None:
    draft = read_pasted(text)
    assert told(draft) == told(read_pasted(text))
    for address in {"a@b.de"} & set(text.split()):
        assert address in [each.value for each in draft.emails] + "\n".join(draft.notes).split()


def test_what_is_too_much_is_kept_and_nobody_waits_for_it() -> None:
    for sign in ("a", "1 ", "(", "a@", "www.", "Dr. ", "A,", "-", "\n", "x."):
        text = sign * (2 * MAX_TEXT // len(sign))
        kept = "".join(read_pasted(text).notes)
        assert len(kept.strip()) >= len(text[MAX_TEXT:].strip())
