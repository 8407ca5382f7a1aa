"""The people of Hallberg Werkstätten, who log in: the example is their address book."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass

from farley.exchange.demo.people import Address, Firm, Person

DOMAIN = "hallberg-werkstaetten.example"
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, DOMAIN)


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody with an account. `title` is their job."""

    name: str
    given: str
    family: str
    gender: str
    title: str
    born: dt.date
    language: str = "de"
    is_admin: bool = False

    @property
    def full_name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        return f"{self.name}@{DOMAIN}"


COLLEAGUES = (
    Colleague("jana", "Jana", "Hallberg", "F", "Geschäftsführerin", dt.date(1981, 3, 14), is_admin=True),
    Colleague("tobias", "Tobias", "Renner", "M", "Leiter Vertrieb", dt.date(1988, 11, 13)),
    Colleague("aylin", "Aylin", "Demir", "F", "Vertrieb und Messen", dt.date(1994, 7, 2)),
    Colleague("priya", "Priya", "Nair", "F", "Head of London office", dt.date(1990, 1, 27), language="en"),
    Colleague("marten", "Marten", "Voss", "M", "Leiter Montage", dt.date(1979, 9, 30)),
)


def house() -> Firm:
    """Hallberg Werkstätten itself."""
    return Firm(
        uid=str(uuid.uuid5(_NAMESPACE, "house")),
        name="Hallberg Werkstätten GmbH",
        domain=DOMAIN,
        language="de",
        address=Address("Am Hobelwerk 1", "Lübeck", "Schleswig-Holstein", "23552", "Deutschland", "de"),
        landline=("49", "40", "66969100-0"),
        tags=(),
        note="Möbel und Innenausbau für Häuser, in denen viele ein und aus gehen.",
    )


def staff(firm: Firm) -> list[Person]:
    """The colleagues as contacts."""
    return [
        Person(
            uid=str(uuid.uuid5(_NAMESPACE, each.name)),
            number=number,
            given=each.given,
            family=each.family,
            prefix="",
            gender=each.gender,
            language=each.language,
            firm=firm,
            department="",
            title=each.title,
            work_email=each.email,
            home_email="",
            landline=("49", "40", f"66969100-{1 + number}"),
            mobile=("49", "176", f"0406901{number}"),
            address=firm.address,
            birthday=each.born,
            tags=(),
            note="",
            knows=None,
            relation="",
        )
        for number, each in enumerate(COLLEAGUES)
    ]
