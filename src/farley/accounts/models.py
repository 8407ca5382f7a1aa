from __future__ import annotations

import re
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import formats, timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor

NAME_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")  # also a DAV path segment and a space's name


def validate_name(value: str) -> None:
    """Raise ValidationError unless `value` can name a person or a space."""
    if not NAME_PATTERN.fullmatch(value):
        raise ValidationError(
            _(
                "“%(value)s” cannot be a name: use 1 to 40 lower-case letters a–z, digits, dots, hyphens or"
                " underscores; it begins and ends with a letter or a digit."
            ),
            code="name",
            params={"value": value[:60]},
        )


class UserManager(BaseUserManager["User"]):
    def unsaved(self, name: str, email: str, password: str | None, **fields: Any) -> User:
        """An account that is not stored yet: hashing its password takes too long for a transaction.

        Raises ValidationError for a value its column cannot hold. `spaces.operations.add_person` stores it.
        """
        user: User = self.model(name=name, email=self.normalize_email(email), **fields)
        user.set_password(password)
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError as error:
            [first, *_others] = [each for errors in error.error_dict.values() for each in errors]
            raise first from error
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(name=username)


class User(AbstractBaseUser):
    """A person who logs in."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("Like the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Density(models.TextChoices):
        DENSE = "dense", _("Dense")
        ROOMY = "roomy", _("Roomy")

    class Weekday(models.TextChoices):
        LANGUAGE = "", _("As usual in the language")
        MONDAY = "monday", _("Monday")
        SATURDAY = "saturday", _("Saturday")
        SUNDAY = "sunday", _("Sunday")

    name = models.CharField(max_length=40, unique=True, validators=[validate_name])
    email = models.EmailField(max_length=254)
    full_name = models.CharField(max_length=200, blank=True)
    is_active = models.BooleanField(default=True)
    is_admin = models.BooleanField(default=False)
    language = models.CharField(max_length=5, blank=True)  # empty: what the browser asks for
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=5, choices=Density.choices, default=Density.DENSE)
    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    first_weekday = models.CharField(max_length=8, choices=Weekday.choices, default=Weekday.LANGUAGE, blank=True)
    photo = models.CharField(max_length=16, blank=True)  # digest of the portrait's octets; empty: there is none
    columns = models.JSONField(
        default=dict, blank=True
    )  # of lists as they chose them, by the list's name (`farley.lists.columns`)
    joined_at = models.DateTimeField(default=timezone.now)
    waiting = models.PositiveIntegerField(default=0, db_default=0)  # derived: unread notifications, for every page

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "name"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["email"]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="one_account_an_email_address")]

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.full_name or self.name

    @property
    def week_begins_on(self) -> int:
        """0 for Monday to 6 for Sunday: as chosen, else as usual in the language; in English, as in Britain."""
        chosen = {User.Weekday.MONDAY: 0, User.Weekday.SATURDAY: 5, User.Weekday.SUNDAY: 6}
        first = formats.get_format("FIRST_DAY_OF_WEEK", lang="en-gb" if get_language() == "en" else None)
        usual: int = (first - 1) % 7  # Django's weeks count from Sunday
        return chosen.get(User.Weekday(self.first_weekday), usual)

    @property
    def actor(self) -> Actor:
        """This person, acting in their own right."""
        return Actor.person(self)
