"""The frame that the pages of an import stand in: where one is among its steps."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from farley.exchange import choosing
from farley.exchange.models import Import
from farley.web.shell.requests import PageRequest


def step_page(
    request: PageRequest, step: str, context: dict[str, Any], *, run: Import | None = None, status: int = 200
) -> HttpResponse:
    """The page of that step: `file`, `columns`, `check`, `run` or `done`; for htmx what changes of it."""
    labels = {"file": gettext("Choose files")}
    if run is not None and choosing.tables_of(run):
        labels["columns"] = gettext("Columns")
    labels |= {"check": gettext("Check"), "run": gettext("Import"), "done": gettext("Done")}
    at = "check" if step == "run" and run is not None and run.is_dry_run else step
    template = f"contacts/import_{step}.html"
    context |= {
        "place": "import",
        "step": [*labels].index(at) + 1,
        "step_labels": list(labels.values()),
        "step_template": template,
    }
    return render(request, template if request.htmx else "contacts/import.html", context, status=status)
