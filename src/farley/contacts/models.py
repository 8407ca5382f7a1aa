from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from farley.accounts.actor import Actor
from farley.codecs.vcard import Card
from farley.codecs.vcard import Kind as CardKind
from farley.database.fields import KeyField
from farley.journal.models import Content, etag_of
from farley.spaces.models import Space

MAX_UID = 500  # characters
MAX_TAG = 200  # characters of a tag that is given here; cards bring longer ones, told apart by their index rows


_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@lru_cache(maxsize=2048)  # who writes asks for those of one transaction twice
def bare_uid(uid: str) -> str:
    """A UID without `urn:uuid:`, and in lower case if it is a UUID: cards name each other in either form.

    Programs put `urn:uuid:` before UIDs that are none, too; those differ by their capitals.
    """
    bare = uid.strip()
    if bare[:9].lower() == "urn:uuid:":
        bare = bare[9:]
    return bare.lower() if _UUID.fullmatch(bare) else bare


def photo_mark(sha256: bytes) -> str:
    """What tells the picture of a card with this hash from an earlier one."""
    return sha256[:6].hex()


class ContactQuerySet(models.QuerySet["Contact"]):
    def visible_to(self, actor: Actor) -> Self:
        """Contacts in spaces where `actor` is at least a reader."""
        return self.filter(space__in=Space.objects.visible_to(actor).values("pk"), deleted_at=None)

    def editable_by(self, actor: Actor) -> Self:
        """Contacts that `actor` may change."""
        return self.filter(space__in=Space.objects.editable_by(actor).values("pk"), deleted_at=None)

    def restorable_by(self, actor: Actor) -> Self:
        """Deleted contacts that `actor` may bring back."""
        return self.filter(space__in=Space.objects.editable_by(actor).values("pk")).exclude(deleted_at=None)

    def known_to(self, actor: Actor) -> Self:
        """Contacts in spaces where `actor` is at least a reader, deleted ones too: whose names they may read."""
        return self.filter(space__in=Space.objects.visible_to(actor).values("pk"))

    def tagged(self, name: str, spaces: models.QuerySet[Space]) -> Self:
        """Contacts with this tag in `spaces`."""
        tags = Tag.objects.filter(space__in=spaces.values("pk"), name=name)
        return self.filter(pk__in=TagEntry.objects.filter(tag__in=tags).values("contact_id"))

    def with_uids(self, uids: Iterable[str]) -> Self:
        """Contacts with one of these UIDs as they are spelt; the index leads to them by what is alike."""
        asked = set(uids)
        return self.filter(uid_key__in={bare_uid(uid) for uid in asked}, uid__in=asked)

    def groups(self) -> Self:
        """Groups alone, by name."""
        return self.filter(kind=Contact.Kind.GROUP).order_by("sort_key", "pk")

    def members_of(self, group: Contact) -> Self:
        """The contacts of the group's space that its card names as members."""
        uids = IndexRow.objects.filter(contact_id=group.pk, kind=IndexRow.Kind.MEMBER).values("norm")
        return self.filter(space=group.space_id, uid_key__in=uids)


def _in_order(name: str, *columns: str) -> models.Index:
    return models.Index(fields=["space", *columns, "id"], condition=models.Q(deleted_at=None), name=name)


class Contact(models.Model):
    """One person, organisation, group or place. `content` is the truth; names and index rows are read out of it.

    Own (never rebuilt): owner, organisation, follow-up, last contact, own fields, and `uid` where the card has none.
    """

    class Kind(models.IntegerChoices):
        INDIVIDUAL = CardKind.INDIVIDUAL.value, _("person")
        GROUP = CardKind.GROUP.value, _("group")
        ORG = CardKind.ORG.value, _("organisation")
        LOCATION = CardKind.LOCATION.value, _("place")
        OTHER = CardKind.OTHER.value, _("other")

    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="contacts", db_index=False)
    href = KeyField(max_length=255)  # last URL segment, chosen by the DAV client
    uid = KeyField(max_length=MAX_UID)  # the card's, or one made for a card that has none
    uid_key = KeyField(max_length=MAX_UID)  # derived: as other cards may spell it too (`bare_uid`)
    content = models.ForeignKey(Content, on_delete=models.PROTECT, related_name="+", db_index=False)  # as received
    sha256 = models.BinaryField(max_length=32)  # derived: of the octets; makes the ETag
    size = models.PositiveIntegerField()  # derived: octets
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)  # derived
    full_name = models.CharField(max_length=1000)  # derived
    sort_key = KeyField(max_length=250)  # derived: folded name
    organisation_name = models.CharField(max_length=500)  # derived
    organisation_key = KeyField(max_length=250)  # derived: folded
    job_title = models.CharField(max_length=500)  # derived
    email = models.CharField(max_length=320)  # derived: the preferred one, as written
    phone = models.CharField(max_length=100)  # derived: likewise
    city = models.CharField(max_length=200)  # derived: of the preferred address
    city_key = KeyField(max_length=250)  # derived: folded
    has_photo = models.BooleanField()  # derived: there is a thumbnail
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    organisation = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="people")
    follow_up_on = models.DateField(null=True)
    last_contact_at = models.DateTimeField(null=True)
    own = models.JSONField(null=True)  # values of own fields by the field's id, see `farley.fields`
    revision = models.PositiveBigIntegerField()  # last Change of anything: guards page and API edits
    octets_revision = models.PositiveBigIntegerField()  # last change a DAV client must hear of
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True)

    objects: ClassVar = ContactQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["space", "href"], condition=models.Q(deleted_at=None), name="one_contact_an_href"
            ),
            models.UniqueConstraint(
                # one tree for both: what is alike, by which others look, and what is the same
                fields=["space", "uid_key", "uid"],
                condition=models.Q(deleted_at=None),
                name="one_contact_a_uid",
            ),
        ]
        indexes: ClassVar = [
            # The orders of lists (`listing.SORTS`), without what is deleted: a page does not step over that.
            _in_order("contacts_by_name", "sort_key"),
            _in_order("contacts_by_organisation", "organisation_key", "sort_key"),
            _in_order("contacts_by_city", "city_key", "sort_key"),
            _in_order("contacts_by_owner", "owner", "sort_key"),
            _in_order("contacts_by_change", "changed_at"),
            _in_order("contacts_by_creation", "created_at"),
            _in_order("contacts_by_last_contact", "last_contact_at"),
            _in_order("contacts_by_follow_up", "follow_up_on"),
            models.Index(fields=["space", "octets_revision"], name="contacts_since"),
            models.Index(
                fields=["space", "organisation_key"],
                condition=models.Q(kind=CardKind.ORG.value, deleted_at=None),
                name="organisations_by_name",
            ),
            models.Index(  # every page names the groups
                fields=["space", "sort_key"],
                condition=models.Q(kind=CardKind.GROUP.value, deleted_at=None),
                name="groups_by_name",
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def etag(self) -> str:
        return etag_of(bytes(self.sha256))

    @property
    def photo_mark(self) -> str:
        """What tells its picture from an earlier one, in addresses that browsers keep; empty where there is none."""
        return photo_mark(bytes(self.sha256)) if self.has_photo else ""

    @cached_property
    def card(self) -> Card:
        """The octets, read."""
        return Card.parse(self.content.data)

    @property
    def linked_organisation(self) -> Contact | None:
        """Where the contact belongs. A link stays when the organisation is deleted or moved: it may come back."""
        organisation: Contact | None = self.organisation
        is_here = organisation is not None and not organisation.is_deleted and organisation.space_id == self.space_id
        return organisation if is_here else None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None


class IndexRow(models.Model):
    """One value of a card by which it is looked up, all of it derived: as written and normalised.

    Only what links records, or is compared in other ways than as words: the words of all other properties are in the
    entry of search, marked with what they are (`deriving.SIGILS`), and filters find them there. A row costs two places
    in two trees, and an import as much time as the rest of the contact did.

    Keyed by (contact, n), so that the rows of a contact lie together and are written by difference. No foreign key of
    a derived table is a constraint: looking each one up took a tenth of an import.
    """

    class Kind(models.IntegerChoices):  # numbers are kept for ever
        EMAIL = 1
        PHONE = 2  # norm: E.164 where the number can be read, else its digits
        UNIT = 10  # of an organisation, whose folded name is the norm
        NICKNAME = 12
        DATE = 13  # norm: MM-DD
        TAG = 14
        NOTE = 15  # norm: nothing
        RELATED = 16  # norm: a UID, or a folded name; value: what they are to each other, by commas
        MEMBER = 17  # norm: a UID
        BIRTHDAY = 18  # norm: MM-DD

    pk = models.CompositePrimaryKey("contact_id", "n")
    contact_id = models.BigIntegerField()
    n = models.PositiveIntegerField()
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    value = models.CharField(max_length=2000)  # as written; empty where `norm` says the same
    norm = KeyField(max_length=MAX_UID)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["space", "kind", "norm"], name="index_rows_by_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {(self.value or self.norm)[:40]}"


AS_WRITTEN = models.Case(models.When(value="", then="norm"), default="value")  # the value of an index row


class Tag(models.Model):
    """A word of CATEGORIES, once a space. Own: its colour, which keeps it where no card has it."""

    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="tags", db_index=False)
    name = KeyField(max_length=MAX_TAG)  # a longer one is cut
    hue = models.CharField(
        max_length=10, blank=True, default="", db_default=""
    )  # as `spaces.models.Hue`; "": made of its name

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["space", "name"], name="a_tag_is_named_once_a_space")]

    def __str__(self) -> str:
        return self.name


class TagName(str):
    """The name of a tag that knows the colour somebody chose for it."""

    __slots__ = ("hue",)
    hue: str

    def __new__(cls, name: str, hue: str = "") -> Self:
        tag = super().__new__(cls, name)
        tag.hue = hue
        return tag


class TagEntry(models.Model):
    """`contact` has `tag`: in list order, so that a rare tag's page is one index range. Derived."""

    pk = models.CompositePrimaryKey("tag_id", "sort_key", "contact_id")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="entries", db_index=False, db_constraint=False)
    sort_key = KeyField(max_length=250)
    contact_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.tag_id} {self.contact_id}"


class Thumbnail(models.Model):
    """A small picture of a card's photo. Derived."""

    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, primary_key=True, related_name="thumbnail")
    webp = models.BinaryField()

    def __str__(self) -> str:
        return f"thumbnail of {self.contact_id}"


class Affiliation(models.Model):
    """`person` has or had a part in `organisation`. Own: several a person, kept when the card changes."""

    person = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="affiliations")
    organisation = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="affiliated")
    role = models.CharField(max_length=200, blank=True)
    from_on = models.DateField(null=True)
    to_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(to_on=None) | models.Q(from_on=None) | models.Q(to_on__gte=models.F("from_on")),
                name="an_affiliation_ends_after_it_began",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} @ {self.organisation}"


class ExternalId(models.Model):
    """What another system calls this contact: how an import recognises it again (`contacts.external_ids`).

    Own: it came with the card that made the contact, and stays when the card is edited, deleted or moved.
    """

    system = models.CharField(max_length=60)
    key = KeyField(max_length=400)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="external_ids")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["system", "key", "contact"], name="an_external_id_once_a_contact")
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.key}"
