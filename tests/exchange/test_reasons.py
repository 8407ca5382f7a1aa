"""Why an entry did not come in, in the reader's language."""

from __future__ import annotations

from django.utils.translation import override

from farley.codecs.vcard_scanning import scan
from farley.exchange.models import ImportProblem
from farley.exchange.reporting import reason_of


def test_a_card_that_is_too_large_is_told_of_in_german() -> None:
    card = b"BEGIN:VCARD\r\nNOTE:" + b"x" * 5000 + b"\r\nEND:VCARD\r\n"
    [problem] = {piece.reason for piece in scan(card, max_card=1234)}
    with override("de"):
        assert reason_of(ImportProblem(code="invalid", details={"reason": problem})).endswith("größer als 1.234 Byte")
