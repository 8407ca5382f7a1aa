"""Sheets of labels, by the numbers that are printed on their boxes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_A4: Final = (210.0, 297.0)
_LETTER: Final = (215.9, 279.4)


@dataclass(frozen=True, slots=True)
class LabelSheet:
    """Where the labels of a sheet are, in millimetres; `alike` are others with the same measures."""

    number: str
    page: tuple[float, float]
    across: int
    down: int
    size: tuple[float, float]
    margin: tuple[float, float]  # left and top
    step: tuple[float, float]  # from one label to the next
    alike: str = ""

    @property
    def label(self) -> str:
        numbers = f"Avery {self.number}, {self.alike}" if self.alike else f"Avery {self.number}"
        return f"{numbers}: {self.across} × {self.down}, {self.size[0]:g} × {self.size[1]:g} mm"

    @property
    def points(self) -> float:
        """The size of the type: five lines fit."""
        return 8.5 if self.size[1] < 30 else 10.0 if self.size[1] < 50 else 12.0


def _whole(number: str, across: int, down: int, size: tuple[float, float], *, top: float) -> LabelSheet:
    """An A4 sheet whose labels touch each other."""
    return LabelSheet(number, _A4, across, down, size, ((210 - across * size[0]) / 2, top), size)


LABEL_SHEETS: Final = {
    sheet.number.lower(): sheet
    for sheet in (
        LabelSheet("L7159", _A4, 3, 8, (63.5, 33.9), (7.25, 12.9), (66.0, 33.9)),
        LabelSheet("L7160", _A4, 3, 7, (63.5, 38.1), (7.25, 15.15), (66.0, 38.1), alike="J8160"),
        LabelSheet("L7161", _A4, 3, 6, (63.5, 46.6), (7.25, 8.7), (66.0, 46.6)),
        LabelSheet("L7162", _A4, 2, 8, (99.1, 33.9), (4.65, 12.9), (101.6, 33.9)),
        LabelSheet("L7163", _A4, 2, 7, (99.1, 38.1), (4.65, 15.15), (101.6, 38.1)),
        LabelSheet("L7165", _A4, 2, 4, (99.1, 67.7), (4.65, 13.1), (101.6, 67.7)),
        _whole("3422", 3, 8, (70.0, 35.0), top=8.5),
        _whole("3474", 3, 8, (70.0, 37.0), top=0.5),
        _whole("3475", 3, 8, (70.0, 36.0), top=4.5),
        _whole("3652", 3, 7, (70.0, 42.3), top=0.45),
        _whole("3425", 2, 5, (105.0, 57.0), top=6.0),
        _whole("3427", 2, 4, (105.0, 74.0), top=0.5),
        LabelSheet("5160", _LETTER, 3, 10, (66.675, 25.4), (4.76, 12.7), (69.85, 25.4)),
        LabelSheet("5161", _LETTER, 2, 10, (101.6, 25.4), (3.97, 12.7), (106.36, 25.4)),
        LabelSheet("5162", _LETTER, 2, 7, (101.6, 33.87), (3.97, 21.17), (106.36, 33.87)),
        LabelSheet("5163", _LETTER, 2, 5, (101.6, 50.8), (3.97, 12.7), (106.36, 50.8)),
    )
}
