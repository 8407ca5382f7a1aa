"""What readers say of an entry that they cannot make a card of."""


class Unreadable(ValueError):
    """One entry cannot be read. `line` is its first line or row at fault, from 1; `reason` quotes no contents.

    `reason` is an English sentence without its full stop, as the catalogues of translations know it.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line, self.reason = line, reason
