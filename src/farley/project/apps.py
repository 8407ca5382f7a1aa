import threading

from django.apps import AppConfig
from django.db import connections
from django.urls import base as urls
from django.utils import timezone
from django.utils.translation import trans_real


class ProjectConfig(AppConfig):
    name = "farley.project"

    def ready(self) -> None:
        _keep_by_thread()


def _keep_by_thread() -> None:
    """Have Django keep by thread what it keeps by thread and coroutine: Farley answers in threads alone.

    A page asks some two hundred times for its language, time zone and connection, and each answer takes a lock, a
    context variable or an exception. Django replaces these itself where it reads translations anew.
    """
    trans_real._active = threading.local()  # type: ignore[attr-defined]
    timezone._active = threading.local()  # type: ignore[attr-defined]
    urls._prefixes = threading.local()  # type: ignore[attr-defined]
    urls._urlconfs = threading.local()  # type: ignore[attr-defined]
    begun = {alias: connections[alias] for alias in connections if hasattr(connections._connections, alias)}  # type: ignore[attr-defined]
    connections._connections = threading.local()  # type: ignore[attr-defined]
    vars(connections._connections).update(begun)  # type: ignore[attr-defined]
