"""No page and no command reads rows that it has not asked for on somebody's behalf."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import farley

FACES = ("web", "api", "dav", "cli")
GUARDS = {"visible_to", "editable_by", "undoable_by", "managed_by", "restorable_by", "known_to", "busy_to"}
GUARDS |= {"told_to", "shown_to", "named_to"}  # of entries of calendars
SOURCE = Path(farley.__file__).parent

# file, function, model: why no actor stands between the rows and whoever reads them
ALLOWED = {
    ("dav/books.py", "merged_of", "Home"): "one's own row",
    ("dav/carrying.py", "_read", "Calendar"): "of an instance that is being filled, by whoever runs its command",
    ("dav/carrying.py", "_read", "CalendarObject"): "of an instance that is being filled, by whoever runs its command",
    ("dav/carrying.py", "_read", "Contact"): "of an instance that is being filled, by whoever runs its command",
    ("dav/carrying.py", "_read", "Space"): "of an instance that is being filled, by whoever runs its command",
    ("dav/carrying.py", "_read", "User"): "of an instance that is being filled, by whoever runs its command",
    ("dav/carrying.py", "_write", "DeadProperty"): "of the whole instance, for whoever runs its command",
    ("dav/dead.py", "_at", "DeadProperty"): "the person's own, of a resource that the device sees",
    ("dav/dead.py", "change", "DeadProperty"): "written as the person's own",
    ("dav/dead.py", "copy", "DeadProperty"): "the person's own, of cards that the device reads and has just written",
    ("dav/dead.py", "of_members", "DeadProperty"): "the person's own, of members of the collection",
    ("dav/free_busy_query.py", "_times", "CalendarObject"): "of a calendar whose busy times the device may know",
    ("cli/intake_command.py", "_run", "TakenFile"): "of the regular import that its owner names",
    ("cli/tidy_command.py", "_apply", "LeftOut"): "counts, of one's own act",
    ("web/contacts/bulk_fields.py", "field_said", "Field"): "of a deed that was read from what the reader sees",
    ("web/contacts/bulk_fields.py", "settable", "Field"): "of spaces that the reader sees",
    ("web/shell/live.py", "_changes", "About"): "of a contact that the reader sees",
    (
        "web/calendar/calendar_live.py",
        "_changed",
        "Change",
    ): "of spaces of calendars that the reader sees; entries by their names",
    ("web/shell/live.py", "_changes", "Change"): "of the space of a contact that the reader sees",
    ("web/shell/live.py", "list_live", "Change"): "counts, of spaces that the reader sees",
    ("web/accounts/people_admin.py", "_ending_with", "CalendarLink"): "counts, for administrators alone",
    ("web/accounts/people_admin.py", "_ending_with", "Device"): "counts, for administrators alone",
    ("web/accounts/people_admin.py", "_ending_with", "Mirror"): "counts, for administrators alone",
    ("web/accounts/people_admin.py", "_ending_with", "ShareLink"): "counts, for administrators alone",
    (
        "web/spaces/who.py",
        "_extent",
        "CalendarObject",
    ): "counts, of a space that the reader looks into as one of its members",
    ("web/accounts/account.py", "profile", "User"): "one's own row",
    ("web/timeline/activity.py", "_left_of", "LeftOut"): "counts, of an act that the reader sees",
    ("web/timeline/activity.py", "_newest_changes", "Change"): "of the visible spaces",
    ("web/timeline/activity.py", "_touching_hidden", "BatchSpace"): "asks which acts went beyond what the reader sees",
    ("web/spaces/backups.py", "backups", "Schedule"): "for administrators alone: when the nightly one is due",
    ("web/contacts/bulk.py", "_name_of", "User"): "who was just found among the readers of spaces the actor sees",
    (
        "web/calendar/calendar_admin.py",
        "_space_for",
        "Space",
    ): "asks which names are free, which whoever makes a space is told",
    (
        "web/calendar/calendar_sources.py",
        "fill_calendar",
        "Source",
    ): "of the calendar that the reader's act has just made",
    ("web/calendar/calendar_sources.py", "refresh_calendar", "Source"): "of a calendar that the reader may change",
    ("web/calendar/calendar_sources.py", "source_of", "Source"): "of a calendar that the reader may change",
    ("web/calendar/calendars_shown.py", "_owners", "Membership"): "whose busy times those are that the reader may know",
    ("web/calendar/entries.py", "_saved", "CalendarObject"): "what its own act has just stored",
    ("web/timeline/events.py", "_owners", "User"): "names who looked after a contact the reader sees",
    ("web/exchange/imports.py", "_csv", "ImportProblem"): "of an import that is the reader's own",
    ("web/spaces/spaces_pages.py", "_known", "Space"): "administrators know of shared spaces, not of what is in them",
    ("web/spaces/spaces_pages.py", "_member", "Team"): "asked for by a manager, who must know it",
    ("web/spaces/spaces_pages.py", "_member", "User"): "whom a manager names",
    ("web/spaces/spaces_pages.py", "_member_rows", "Membership"): "who is in a space is told to its readers",
    ("web/spaces/spaces_pages.py", "_others", "Space"): "administrators know of shared spaces, not of what is in them",
    ("web/spaces/spaces_pages.py", "_page", "Home"): "one's own row",
    ("web/spaces/spaces_pages.py", "revoke_invitation", "Invitation"): "of a space that the reader manages",
    ("web/spaces/spaces_pages.py", "spaces", "Home"): "one's own row",
    ("web/calendar/team_calendar.py", "_asked", "Attendee"): "of entries that the reader has before them",
    ("web/calendar/team_calendar.py", "_owners", "Membership"): "whose calendars those are that the reader sees",
    ("web/accounts/teams.py", "_change_members", "User"): "whom an administrator names",
    ("web/accounts/teams.py", "_counts", "TeamMember"): "of teams that the reader knows",
    ("web/accounts/teams.py", "team", "TeamMember"): "of a team that the reader knows",
    ("web/shell/today.py", "_news", "Change"): "of spaces that the reader sees",
    ("web/spaces/who.py", "_looked_into", "Space"): "of managers and administrators, who are asked for next",
    ("web/spaces/who.py", "person_sees", "Space"): "administrators know of shared spaces, not of what is in them",
    ("web/spaces/who.py", "person_sees", "User"): "shown only where the reader manages a space they are in",
    ("web/spaces/who.py", "space_as", "User"): "a member of a space that the reader may look into",
    ("web/spaces/access.py", "access_log", "Access"): "of a space that the reader manages",
    ("web/spaces/access.py", "access_log", "AccessRule"): "of a space that the reader manages",
    ("web/spaces/instance.py", "journal", "User"): "for administrators alone, who know the accounts",
    ("web/accounts/people_admin.py", "_closed", "User"): "for administrators alone, who know the accounts",
    ("web/accounts/people_admin.py", "account_state", "User"): "for administrators alone, who know the accounts",
    ("web/accounts/people_admin.py", "accounts", "User"): "for administrators alone, who know the accounts",
    ("web/accounts/people_photos.py", "_meets", "TeamMember"): "asks whether the reader is in a team with somebody",
    (
        "web/accounts/people_photos.py",
        "person_photo",
        "Portrait",
    ): "shown only to who shares a space or a team with its person",
    ("web/spaces/privacy.py", "privacy", "Retention"): "of spaces that the reader manages",
    ("web/contacts/shared.py", "share_contact", "ShareLink"): "of a contact that the reader may change",
    ("web/contacts/shared.py", "shared", "Thumbnail"): "of the one contact that the link opens",
    ("cli/calendar_command.py", "_told", "Source"): "of the calendar that its own act has just made",
    ("cli/calendar_command.py", "_refresh", "Source"): "of a calendar that the user may change",
    ("cli/export_command.py", "selected", "Contact"): "what a selection has just found visible",
    ("cli/reindex_command.py", "_reindex", "CalendarObject"): "counts, for whoever runs the server",
    ("cli/retain_command.py", "_retain", "Retention"): "for whoever runs the server",
    ("cli/retain_command.py", "_set", "Retention"): "of a space that the user manages, or whoever runs the server",
    ("cli/user_command.py", "_account", "User"): "finds the account that is named to whoever runs the server",
    ("cli/check_command.py", "_single_sign_on", "Team"): "names of teams, for whoever runs the server",
    ("cli/check_command.py", "_derived", "model"): "counts, for whoever runs the server",
    ("cli/command.py", "user_named", "User"): "finds the person that --as names",
    ("cli/demo_command.py", "_demo", "User"): "an instance with people gets no example data",
    ("cli/command.py", "contact_named", "Contact"): "in the visible spaces, deleted ones too",
    ("cli/history_command.py", "_named", "Account"): "names who looked after a contact the user sees",
    ("cli/reindex_command.py", "_reindex", "Contact"): "counts, for whoever runs the server",
    ("cli/space_command.py", "_list", "Space"): "lists all spaces to whoever runs the server, nothing in them",
    ("cli/team_command.py", "_remove_member", "User"): "a member of a team that is known",
    ("cli/user_command.py", "_add", "User"): "a name or an address is taken by anybody",
    ("cli/user_command.py", "_list", "User"): "lists the accounts to whoever runs the server",
}


def bare_reads(source: str) -> Iterator[tuple[str, str]]:
    """Function and model of each `Model.objects` whose chain of calls names none of GUARDS."""
    tree = ast.parse(source)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr in ("objects", "_default_manager", "_base_manager")):
            continue
        called, above = set(), parents[node]
        while isinstance(above, ast.Attribute | ast.Call) and goes_on(above, node):
            called |= {above.attr} if isinstance(above, ast.Attribute) else set()
            node, above = above, parents[above]
        if not called & GUARDS:
            while not isinstance(above, ast.FunctionDef | ast.Module):
                above = parents[above]
            yield getattr(above, "name", ""), ast.unparse(head_of(node))


def goes_on(above: ast.Attribute | ast.Call, node: ast.AST) -> bool:
    """Whether `above` goes on from `node`, rather than taking it as an argument."""
    return (above.value if isinstance(above, ast.Attribute) else above.func) is node


def head_of(node: ast.AST) -> ast.AST:
    """The model at the beginning of a chain."""
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node


def found() -> set[tuple[str, str, str]]:
    paths = [path for face in FACES for path in sorted((SOURCE / face).rglob("*.py"))]
    assert len(paths) > 40, "the faces were not found"
    return {
        (path.relative_to(SOURCE).as_posix(), function, model)
        for path in paths
        for function, model in bare_reads(path.read_text("utf-8"))
    }


def test_every_read_of_a_face_is_on_somebody_s_behalf_or_explained() -> None:
    assert sorted(found() - set(ALLOWED)) == []


def test_no_explanation_outlives_its_read() -> None:
    assert sorted(set(ALLOWED) - found()) == []


@pytest.mark.parametrize(
    ("line", "bare"),
    [
        ("Contact.objects.filter(pk=1)", ["Contact"]),
        ("Contact.objects.filter(space__in=Space.objects.visible_to(by))", ["Contact"]),
        ("Contact.objects.visible_to(by).filter(pk=1)", []),
        ("Contact.objects.filter(pk=1).editable_by(by).first()", []),
        ("get_object_or_404(Contact.objects, pk=1)", ["Contact"]),
        ("visible_to(Contact.objects.all())", ["Contact"]),
    ],
)
def test_a_read_counts_as_bare_unless_its_own_chain_asks_for_an_actor(line: str, bare: list[str]) -> None:
    assert list(bare_reads(f"def page():\n    return {line}\n")) == [("page", model) for model in bare]
