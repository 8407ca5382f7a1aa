"""What a list of contacts can be filtered by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from farley.accounts.models import User
from farley.contacts.deriving import MAX_KEY, MAX_NORM, SIGILS, bare_handle, bare_url
from farley.contacts.models import MAX_TAG, Contact, IndexRow, Tag, TagEntry
from farley.contacts.phones import e164
from farley.database.rows import hinted
from farley.fields.filters import filter_fields
from farley.fields.models import Field as OwnField
from farley.journal.models import Noun
from farley.lists.filtering import (
    Column,
    Field,
    Fields,
    Having,
    Kind,
    Lookup,
    Option,
    Rows,
    Test,
    choice_field,
    date_field,
    date_of,
    instant_field,
    led_by,
    looked_up,
    text_field,
)
from farley.lists.language import BadFilter, Condition, Operator, Reason
from farley.search import finding
from farley.search.folding import search_fold
from farley.search.models import SPACE_SHIFT, Entry, Needle, field_value, place
from farley.spaces.models import Space

_Kind = IndexRow.Kind
KINDS: Mapping[str, tuple[int, ...]] = {
    "person": (Contact.Kind.INDIVIDUAL,),
    "org": (Contact.Kind.ORG,),
    "group": (Contact.Kind.GROUP,),
    "other": (Contact.Kind.LOCATION, Contact.Kind.OTHER),
}
_BY_VALUE = "index_rows_by_value"
_TABLE = '"contacts_contact"'
_DAY_OF_YEAR = re.compile(r"\d\d-\d\d")


def live() -> QuerySet[Contact]:
    found: QuerySet[Contact] = Contact.objects.filter(deleted_at=None)
    return found


def owners(spaces: Sequence[int]) -> list[int]:
    """Who owns contacts in these spaces: ids by name. One step of an index each."""
    if not spaces:
        return []
    marks = ", ".join(["%s"] * len(spaces))
    least = "SELECT MIN(owner_id) FROM contacts_contact WHERE deleted_at IS NULL"
    sql = f"""
        WITH RECURSIVE mine(space, owner) AS (
            SELECT s.id, ({least} AND space_id = s.id) FROM spaces_space s WHERE s.id IN ({marks})
            UNION ALL
            SELECT space, ({least} AND space_id = space AND owner_id > owner) FROM mine WHERE owner IS NOT NULL
        )
        SELECT id, COALESCE(NULLIF(full_name, ''), name) FROM accounts_user WHERE id IN (SELECT owner FROM mine)
    """  # noqa: S608 -- names of ours
    with connection.cursor() as cursor:
        cursor.execute(sql, list(spaces))
        named = cursor.fetchall()
    return [pk for pk, _name in sorted(named, key=lambda row: (search_fold(row[1]), row[0]))]


# Tests of which links and forms of the list are made, too


def of_kind(kinds: Sequence[int]) -> Test:
    of_it = Q(kind=kinds[0]) if len(kinds) == 1 else Q(kind__in=kinds)
    index = _OF_KIND.get(kinds[0])
    return Test(of_it, partial(_of_kind, kinds[0], index)) if index is not None and len(kinds) == 1 else Test(of_it)


_OF_KIND = {int(Contact.Kind.ORG): "organisations_by_name", int(Contact.Kind.GROUP): "groups_by_name"}


def _of_kind(kind: int, index: str, spaces: Sequence[int], most: int) -> list[int] | None:
    """By an index of this kind alone, which SQLite takes for a number that stands in the statement only."""
    if not spaces:
        return []
    where = f"kind = {int(kind)} AND deleted_at IS NULL AND space_id IN ({', '.join(['%s'] * len(spaces))})"
    sql = hinted(f"SELECT id FROM {_TABLE} WHERE {where} LIMIT {most + 1}", Contact, index)  # noqa: S608 -- ours
    with connection.cursor() as cursor:
        cursor.execute(sql, list(spaces))
        found = [pk for (pk,) in cursor.fetchall()]
    return found if len(found) <= most else None


def tagged(name: str) -> Test:
    if len(name) >= MAX_TAG:  # cut off, several are one entry
        rows = IndexRow.objects.filter(_written_as([name]), kind=_Kind.TAG)
        having = Having(rows.filter(contact_id=OuterRef("pk"), space=OuterRef("space")))
        return Test(having, led_by(lambda spaces: rows.filter(space__in=spaces).values_list("contact_id"), _BY_VALUE))
    entries = TagEntry.objects.filter(tag__name=name)
    mine = entries.filter(tag__space=OuterRef("space"), sort_key=OuterRef("sort_key"), contact_id=OuterRef("pk"))

    def passing(spaces: Sequence[int]) -> QuerySet[TagEntry, tuple[int]]:
        tags = list(Tag.objects.filter(space__in=spaces, name=name).values_list("pk", flat=True))
        return TagEntry.objects.filter(tag__in=tags).values_list("contact_id")

    return Test(Having(mine), led_by(passing))


def _written_as(names: Iterable[str]) -> Q:
    """Index rows of values that are spelt just so."""
    norms = {name: _key(name, MAX_NORM) for name in names}
    plain = [name for name, norm in norms.items() if name == norm]
    return Q(norm__in=list(norms.values())) & (Q(value__in=list(norms)) | Q(value="", norm__in=plain))


def member_of(group: Contact) -> Test:
    members = Contact.objects.members_of(group).filter(deleted_at=None).values_list("pk")
    return Test(Q(pk__in=members), led_by(lambda spaces: members.filter(space__in=spaces)))


def saying(text: str, spaces: Sequence[Space]) -> Test:
    is_said = Having(_entry().filter(finding.condition(text)))
    return Test(is_said, partial(_records_saying, text, spaces), is_whole=False)


def _entry() -> QuerySet[Entry]:
    """What search holds of the contact that is looked at."""
    shift = ExpressionWrapper(OuterRef("space_id") * (1 << SPACE_SHIFT), BigIntegerField())
    mine: QuerySet[Entry] = Entry.objects.filter(pk=shift + OuterRef("pk") + place(0, Noun.CONTACT, 0))
    return mine


def _records_saying(text: str, spaces: Sequence[Space], _ids: Sequence[int], most: int) -> set[int] | None:
    return finding.records(text, noun=Noun.CONTACT, spaces=spaces, most=most)


def _found_by_search(test: Test, words: Sequence[str], spaces: Sequence[Space]) -> Test:
    """`test`, led to by whoever says these words anywhere: search has them all."""
    quoted = " ".join(f'"{word}"' for word in words if len(word) > 2 and '"' not in word)
    return Test(test.where, partial(_records_saying, quoted, spaces), is_whole=False) if quoted else test


# Fields


def fields(spaces: Sequence[Space], reader: User | None) -> Fields:
    """What somebody who sees `spaces` can ask for, by the names it has in filters."""

    def own() -> Iterator[Field]:
        return filter_fields(OwnField.objects.of(Noun.CONTACT, [space.pk for space in spaces]))

    return Fields((*_said_by_cards(spaces), *_known_here(spaces, reader)), own)


def _key(text: str, most: int = MAX_KEY) -> str:
    return search_fold(text)[:most]


def _said_by_cards(spaces: Sequence[Space]) -> Iterator[Field]:
    yield _name_field(spaces)
    norm = partial(_key, most=MAX_NORM)
    organisation = _in_order_of_names("organisation_key", "contacts_by_organisation", empty="")
    yield _text("org", _("Organisation"), organisation, _key, spaces)
    yield _said_field("title", _("Job title"), field_value, spaces)
    yield _text("email", _("E-mail"), _rows(_Kind.EMAIL), _bare, spaces)
    yield _phone_field(spaces)
    yield _tag_field()
    yield _text("city", _("City"), _in_order_of_names("city_key", "contacts_by_city", empty=""), _key, spaces)
    yield _said_field("postcode", _("Postcode"), field_value, spaces)
    yield _said_field("region", _("Region"), field_value, spaces)
    yield _said_field("country", _("Country"), field_value, spaces)
    yield _said_field("street", _("Street"), field_value, spaces)
    yield _text("nickname", _("Nickname"), _rows(_Kind.NICKNAME), norm, spaces)
    yield _said_field("url", _("Website"), bare_url, spaces)
    yield _said_field("im", _("Messenger"), bare_handle, spaces)
    yield _text("related", _("Related person"), _rows(_Kind.RELATED), norm, spaces)
    yield _note_field(spaces)
    yield _birthday_field()
    yield Field(
        name="text",
        label=_("Anything"),
        kind=Kind.TEXT,
        find=lambda condition: saying(condition.value, spaces),
        operators=(Operator.CONTAINS,),
    )


def _bare(text: str) -> str:
    return text.strip().casefold()[:MAX_NORM]


def _text(name: str, label: Any, where: Column | Rows, fold: Callable[[str], str], spaces: Sequence[Space]) -> Field:
    """A field of text that search has as well: what it contains is looked for there first."""
    field = text_field(name, label, where, fold)

    def find(condition: Condition) -> Test:
        test = field.find(condition)
        if condition.operator is not Operator.CONTAINS:
            return test
        return _found_by_search(test, search_fold(condition.value).split(), spaces)

    return Field(name=name, label=label, kind=Kind.TEXT, find=find)


def _said_field(name: str, label: Any, fold: Callable[[str], str], spaces: Sequence[Space]) -> Field:
    """A field of text whose values stand in the entry of search alone, where trigrams lead to them."""

    def find(condition: Condition) -> Test:
        if condition.operator in (Operator.FILLED, Operator.EMPTY):
            there = _marked([Needle(SIGILS[name]).any])
            return there if condition.operator is Operator.FILLED else Test(~Q(there.where))
        needles = [Needle(SIGILS[name], fold(value)) for value in condition.values]
        for needle, value in zip(needles, condition.values, strict=True):
            if not needle.value:
                raise BadFilter(Reason.VALUE, value[:40], condition.value_at)
        match condition.operator:
            case Operator.CONTAINS:
                has_it = Test(Having(_entry().filter(fields__regex=needles[0].anywhere)))
                return _found_by_search(has_it, needles[0].value.split(), spaces)
            case Operator.STARTS:
                return _marked([needles[0].beginning])
            case Operator.IS_NOT:
                return Test(~Q(_marked([needles[0].whole]).where))
        return _marked([needle.whole for needle in needles])

    return Field(name=name, label=label, kind=Kind.TEXT, find=find)


def _marked(texts: Sequence[str]) -> Test:
    """Any of `texts` stands among the marked values of the entry."""
    any_of_them = Q()
    for text in texts:
        any_of_them |= Q(fields__contains=text)

    def passing(spaces: Sequence[int], most: int) -> list[int] | None:
        found: list[int] = []
        for text in texts:
            some = finding.marked(text, noun=Noun.CONTACT, spaces=spaces, most=most - len(found))
            if some is None:
                return None
            found += some
        return found

    return Test(Having(_entry().filter(any_of_them)), passing, is_whole=False)


def _known_here(spaces: Sequence[Space], reader: User | None) -> Iterator[Field]:
    heading = _("In Farley")
    kinds = {"person": _("person"), "org": _("organisation"), "group": _("group"), "other": _("other")}
    yield choice_field(
        "kind",
        _("Kind"),
        [(Option(name, kinds[name]), KINDS[name]) for name in KINDS],
        _kind_test,
        operators=(Operator.IS, Operator.IS_NOT, Operator.IN),
        heading=heading,
    )
    yield choice_field(
        "space",
        _("Space"),
        [(Option(space.name, space.title), space.pk) for space in spaces],
        lambda condition, keys: _column("space").test(looked_up(condition, keys)),
        operators=(Operator.IS, Operator.IS_NOT, Operator.IN),
        heading=heading,
    )
    yield _owner_field(spaces, reader, heading)
    yield date_field("follow-up", _("Follow-up"), _column("follow_up_on", "contacts_by_follow_up"), heading=heading)
    for name, label, column, index in (
        ("changed", _("Changed"), "changed_at", "contacts_by_change"),
        ("created", _("Created"), "created_at", "contacts_by_creation"),
        ("last-contact", _("Last contact"), "last_contact_at", "contacts_by_last_contact"),
    ):
        yield instant_field(name, label, _column(column, index), heading=heading)


def _column(name: str, index: str = "", *, empty: str | None = None, then: tuple[str, ...] = ()) -> Column:
    return Column(live, name, empty, index, then)


def _in_order_of_names(name: str, index: str, *, empty: str | None = None) -> Column:
    return _column(name, index, empty=empty, then=("sort_key",))


def _rows(kind: IndexRow.Kind) -> Rows:
    return Rows(lambda: IndexRow.objects.filter(kind=kind), "norm", _BY_VALUE)


def _name_field(spaces: Sequence[Space]) -> Field:
    """Names as lists are sorted by them, family name first; of what is contained, words in any order."""
    where = _column("sort_key", "contacts_by_name", empty="")

    def find(condition: Condition) -> Test:
        keys = [_key(value) for value in condition.values]
        if not all(keys):
            raise BadFilter(Reason.VALUE, condition.values[keys.index("")][:40], condition.value_at)
        match condition.operator:
            case Operator.CONTAINS:
                words = Q()
                for word in keys[0].split():
                    words &= Q(name__contains=word)
                return _found_by_search(Test(Having(_entry().filter(words))), keys[0].split(), spaces)
            case Operator.IS | Operator.IN:
                return where.test(Lookup((("in", [spelt for key in keys for spelt in _family_first(key)]),)))
            case Operator.IS_NOT:
                return where.test(Lookup((("in", _family_first(keys[0])),), is_not=True))
        return where.test(looked_up(condition, keys))

    return Field(name="name", label=_("Name"), kind=Kind.TEXT, find=find)


def _family_first(key: str) -> list[str]:
    """A folded name as it is, and with its last word at the beginning."""
    words = key.split()
    return list(dict.fromkeys([key, " ".join([words[-1], *words[:-1]])]))


def _phone_field(spaces: Sequence[Space]) -> Field:
    regions = {space.default_region for space in spaces}
    rows = _rows(_Kind.PHONE)

    def find(condition: Condition) -> Test:
        if condition.operator in (Operator.FILLED, Operator.EMPTY):
            return rows.test(looked_up(condition, ()))
        if not all(any(c.isdigit() for c in value) for value in condition.values):
            raise BadFilter(Reason.NOT_A_NUMBER, condition.value[:40], condition.value_at)
        if condition.operator is Operator.CONTAINS:
            digits = "".join(filter(str.isdigit, condition.value)).lstrip("0")
            return _found_by_search(rows.test(looked_up(condition, [digits])), [digits], spaces)
        if condition.operator is Operator.STARTS:
            return rows.test(looked_up(condition, ["".join(c for c in condition.value if c.isdigit() or c == "+")]))
        norms = sorted({e164(value, region)[:MAX_NORM] for value in condition.values for region in regions})
        return rows.test(Lookup((("in", norms),), is_not=condition.operator is Operator.IS_NOT))

    return Field(name="phone", label=_("Phone"), kind=Kind.TEXT, find=find)


def _note_field(spaces: Sequence[Space]) -> Field:
    notes = IndexRow.objects.filter(kind=_Kind.NOTE, contact_id=OuterRef("pk"))

    def find(condition: Condition) -> Test:
        if condition.operator is not Operator.CONTAINS:
            return _rows(_Kind.NOTE).test(looked_up(condition, ()))
        written = Test(Having(notes.filter(value__icontains=condition.value)))
        return _found_by_search(written, search_fold(condition.value).split(), spaces)

    operators = (Operator.CONTAINS, Operator.FILLED, Operator.EMPTY)
    return Field(name="note", label=_("Note"), kind=Kind.TEXT, find=find, operators=operators)


def _birthday_field() -> Field:
    rows = _rows(_Kind.BIRTHDAY)

    def find(condition: Condition) -> Test:
        return rows.test(looked_up(condition, [_day_of_year(value, condition) for value in condition.values]))

    operators = (Operator.IS, Operator.FROM, Operator.UNTIL, Operator.FILLED, Operator.EMPTY)
    return Field(name="birthday", label=_("Birthday"), kind=Kind.DATE, find=find, operators=operators)


def _day_of_year(value: str, condition: Condition) -> str:
    return value if _DAY_OF_YEAR.fullmatch(value) else date_of(value, condition).strftime("%m-%d")


def _tag_field() -> Field:
    def find(condition: Condition) -> Test:
        match condition.operator:
            case Operator.FILLED | Operator.EMPTY:
                return _rows(_Kind.TAG).test(looked_up(condition, ()))
            case Operator.IS:
                return tagged(condition.value)
            case Operator.IS_NOT:
                return Test(~Q(tagged(condition.value).where))
        names = list(condition.values)
        rows = IndexRow.objects.filter(_written_as(names), kind=_Kind.TAG)
        having = Having(rows.filter(contact_id=OuterRef("pk")))
        return Test(having, led_by(lambda spaces: rows.filter(space__in=spaces).values_list("contact_id"), _BY_VALUE))

    return Field(name="tag", label=_("Tag"), kind=Kind.WORD, find=find)


def _kind_test(condition: Condition, keys: Sequence[tuple[int, ...]]) -> Test:
    kinds = sorted({int(kind) for key in keys for kind in key})
    return Test(~Q(kind__in=kinds)) if condition.operator is Operator.IS_NOT else of_kind(kinds)


def _owner_field(spaces: Sequence[Space], reader: User | None, heading: Any) -> Field:
    """Whoever owns contacts here, by the name they sign in with; `me` is who asks."""
    where = _in_order_of_names("owner", "contacts_by_owner")

    def find(condition: Condition) -> Test:
        if condition.operator in (Operator.FILLED, Operator.EMPTY):
            return where.test(looked_up(condition, ()))
        there = dict(User.objects.filter(pk__in=owners([s.pk for s in spaces])).values_list("name", "pk"))
        if reader is not None:
            there |= {"me": reader.pk, reader.name: reader.pk}
        for value in condition.values:
            if value not in there:
                raise BadFilter(Reason.NOT_A_CHOICE, value[:40], condition.value_at)
        return where.test(looked_up(condition, [there[value] for value in condition.values]))

    return Field(name="owner", label=_("Owner"), kind=Kind.WORD, find=find, heading=heading)
