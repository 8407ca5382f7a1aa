"""What a record repeats for each of its facts, drawn without a template: see `menus`. Every text goes through
`escaped`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from farley.accounts.models import User
from farley.web.addresses import address
from farley.web.templatetags.farley import avatar, breakable, escaped, icon

if TYPE_CHECKING:
    from farley.web.contacts.facts import Addition, Fact
    from farley.web.spaces.spaces import Member

register = template.Library()


@register.simple_tag
def fact_value(fact: Fact, contact: int, can_edit: bool) -> SafeString:
    """The value of a fact, which opens its editor for whoever may change it, and the link that it is."""
    value = f"<span>{breakable(fact.value)}</span>"
    if can_edit:
        ref = escaped(fact.ref)
        url = f"{escaped(address('fact', contact, fact.ref))}?edit=1&amp;was={escaped(fact.was)}"
        saved, mark = "", str(icon("pencil"))
        if fact.is_saved:
            word = gettext("Saved")
            said = f'<span class="sr" role="status">{escaped(word)}</span>'
            saved, mark = " is-saved", icon("circle-check", "is-ok saved") + said
        shown = (
            f'<button id="open-{ref}" class="edit{saved}" form="edit-form" name="edit" value="{ref}" hx-get="{url}"'
            f' hx-target="closest .fact" hx-swap="outerHTML" title="{escaped(gettext("Edit"))}">{value}{mark}</button>'
        )
    else:
        shown = f'<span class="edit">{value}</span>'
    return SafeString(f'<span class="edit-row">\n{shown}\n{_link(fact)}\n</span>')  # each text is escaped


def _link(fact: Fact) -> str:
    if not fact.href:
        return ""
    act = escaped(fact.act)
    outside = ' target="_blank" rel="noopener noreferrer"' if fact.is_outside else ""
    return (
        f'<a class="btn ghost icon sm act" href="{escaped(fact.href)}"{outside}'
        f' aria-label="{act}: {escaped(fact.value)}" title="{act}">{icon(fact.icon)}</a>'
    )


@register.simple_tag
def additions(offered: Iterable[Addition], group: str, contact: int) -> SafeString:
    """The kinds of facts that may be added to a group, as items of a menu."""
    drawn = [
        f'<button class="mi" form="edit-form" name="add" value="{escaped(each.name)}"'
        f' hx-get="{escaped(address("new-fact", contact, each.name))}" hx-target="#new-{escaped(group)}"'
        f' hx-swap="innerHTML" hx-push-url="false">{icon(each.icon)}{escaped(each.label)}</button>'
        for each in offered
    ]
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def owner_choices(people: Iterable[User], owner: int | None = None) -> SafeString:
    """Who may look after a contact, as items of a menu; who does is marked."""
    drawn = []
    for user in people:
        name, mark = user.display_name, icon("check", "push") if user.pk == owner else ""
        drawn.append(
            f'<button class="mi" name="owner" value="{escaped(user.name)}">{avatar(name, size="s")}{escaped(name)}'
            f"{mark}</button>"
        )
    return mark_safe("\n".join(drawn))  # noqa: S308 - each text is escaped


@register.simple_tag
def members_list(members: Iterable[Member]) -> SafeString:
    """Who sees a record, each with what they may do there."""
    drawn = [
        f'<li>{avatar(member.name, size="s")}<span class="grow cut">{escaped(member.name)}'
        f"<small>{escaped(member.role)}</small></span></li>"
        for member in members
    ]
    return mark_safe("".join(drawn))  # noqa: S308 - each text is escaped
