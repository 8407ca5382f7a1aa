"""The lines of a card: content lines, with every card nested in an AGENT as part of that AGENT's line."""

from farley.codecs.contentline import Line, split_lines


def card_lines(octets: bytes) -> list[Line]:
    """The lines of a card's inside. Joining their octets gives `octets` again."""
    lines = split_lines(octets)
    if not any(line.name == "BEGIN" for line in lines):
        return lines
    whole: list[Line] = []
    depth = 0
    nested: list[bytes] = []
    for line in lines:
        if _is_mark(line, "BEGIN") and (depth or (whole and whole[-1].name == "AGENT")):
            depth += 1
        if not depth:
            whole.append(line)
            continue
        nested.append(line.octets)
        if line.name == "END":
            depth -= 1
            if not depth:
                whole[-1] = whole[-1].extended(b"".join(nested))
                nested = []
    if nested:  # never closed: kept where it stands
        whole[-1] = whole[-1].extended(b"".join(nested))
    return whole


def _is_mark(line: Line, name: str) -> bool:
    return line.name == name and not line.group and not line.params and line.value.strip().upper() == "VCARD"
