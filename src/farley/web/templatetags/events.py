"""Events as the grids of a calendar show them, drawn without a template: a page has hundreds. See `menus`.

Every text goes through `escaped`; styles are numbers of our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from farley.web.templatetags.farley import escaped, icon

if TYPE_CHECKING:
    from farley.web.calendar.occurrences import Item

register = template.Library()


@register.simple_tag
def event_box(item: Item) -> SafeString:
    """An event in a column of hours."""
    title, place, clock = escaped(item.title), escaped(item.place), item.clock
    where = f" {place}" if place else ""
    inside = (
        f"<b>{title}</b><span><time>{clock}</time>{where}</span>{icon(item.icon)}"
        f'<span class="sr">{escaped(item.told)}</span>'
    )
    if not item.url:
        return mark_safe(  # noqa: S308 - each text is escaped
            f'<span class="evt hue-{item.hue} {item.state}" style="{item.style}" title="{clock}–{item.until_clock}">'
            f"{inside}</span>"
        )
    named = f"{clock} {title}, {place}" if place else f"{clock} {title}"
    grip = '<i class="grip" aria-hidden="true"></i>' if item.can_edit else ""
    return mark_safe(  # noqa: S308 - each text is escaped
        f'<a class="evt hue-{item.hue} {item.state}" style="{item.style}" href="{escaped(item.url)}" title="{named}"'
        f" data-entry{_moved(item)}>{inside}{grip}</a>"
    )


@register.simple_tag
def event_line(item: Item, view: str) -> SafeString:
    """An event in one line: a bar over its days, or in the cell of a month."""
    title, told, clock = escaped(item.title), escaped(item.told), "" if item.is_bar else item.clock
    is_line = bool(clock) and view == "month" and bool(item.url)
    mark = '<span class="dot" aria-hidden="true"></span>' if is_line else str(icon(item.icon))
    time = f"<time>{clock}</time>" if clock else ""
    inside = f'{mark}{time}<span>{title}</span><span class="sr">{told}</span>'
    css = f"pill hue-{item.hue} {item.state}{' line' if is_line else ''}"
    style = f' style="{item.style}"' if item.style else ""
    if not item.url:
        return mark_safe(f'<span class="{css}"{style}>{inside}</span>')  # noqa: S308 - each text is escaped
    return mark_safe(  # noqa: S308 - each text is escaped
        f'<a class="{css}"{style} href="{escaped(item.url)}" title="{told}: {clock} {title}" data-entry'
        f"{_moved(item)}{' data-bar' if item.can_edit else ''}>{inside}</a>"
    )


@register.simple_tag
def event_row(item: Item) -> SafeString:
    """An event in a list of days."""
    if item.is_bar:
        when = escaped(pgettext("of an event", "all day"))
    else:
        until = f"<br><time>{item.until_clock}</time>" if item.until_clock else ""
        when = f"<time>{item.clock}</time>{until}"
    place = f" · {escaped(item.place)}" if item.place else ""
    inside = (
        f'<span class="when">{when}</span><i aria-hidden="true"></i><span class="cut"><b>{escaped(item.title)}</b>'
        f'<small class="cut">{icon(item.icon)}{escaped(item.told)}{place}</small></span>'
    )
    css = f"hue-{item.hue} {item.state}"
    if not item.url:
        return mark_safe(f'<div class="{css}">{inside}</div>')  # noqa: S308 - each text is escaped
    return mark_safe(f'<a class="{css}" href="{escaped(item.url)}" data-entry>{inside}</a>')  # noqa: S308 - likewise


def _moved(item: Item) -> str:
    """What the script needs to move it."""
    if not item.move_url:
        return ""
    return f' data-move="{escaped(item.move_url)}" data-at="{escaped(item.at)}" draggable="false"'
