"""What a member of a space may do there."""

from enum import IntEnum


class Role(IntEnum):
    """Each role may all that the lower ones may."""

    FREEBUSY = 10
    READER = 20
    EDITOR = 30
    MANAGER = 40

    @property
    def word(self) -> str:
        """The role as commands and addresses spell it."""
        return self.name.lower()
