"""QR codes, drawn into the page."""

from __future__ import annotations

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

QUIET = 4  # modules of margin, without which cameras do not find it. ISO/IEC 18004


def qr_code(text: str, label: str) -> SafeString:
    """`text` as a picture, dark on white whatever the theme: cameras want it so. `label` says what it leads to."""
    # the least correction: on a screen nothing is torn, and larger squares are read from farther away
    drawn = segno.make(text, error="l", boost_error=False, micro=False).svg_inline(
        border=QUIET, dark="#000", light="#fff", omitsize=True
    )
    picture = mark_safe(drawn)  # noqa: S308 -- numbers and colours, none of the text
    return format_html('<div class="qr" role="img" aria-label="{}">{}</div>', label, picture)
