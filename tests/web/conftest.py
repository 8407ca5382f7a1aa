"""Pages as somebody who is logged in sees them, and a browser where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from farley.accounts.models import User
from tests.cast import person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "a long enough sentence"
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
Enter = Callable[..., "Page"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """A browser's session without a browser."""

    def client_of(user: User) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def page_of_alice(alice: User, as_user: Callable[[User], Client]) -> Client:
    return as_user(alice)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread for as long as it runs, which Django takes for an async caller.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def enter(browser: Browser, live_server: LiveServer, transactional_db: None) -> Iterator[Enter]:
    """Open the pages as Alice; fails on script errors, broken answers and requests to other hosts."""
    alice = person("alice")
    alice.set_password(PASSWORD)
    alice.save()
    contexts = []
    problems: list[str] = []

    def opened(
        *,
        phone: bool = False,
        script: bool = True,
        language: str = "en",
        scheme: str = "light",
        is_installed: bool = False,
    ) -> Page:
        context = browser.new_context(
            viewport=PHONE if phone else DESKTOP,  # type: ignore[arg-type]
            has_touch=phone,
            java_script_enabled=script,
            locale={"en": "en-GB", "de": "de-DE"}[language],
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
            base_url=live_server.url,
            service_workers="allow" if is_installed else "block",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)  # two cores may be busy with other tests
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "response",
            lambda response: problems.append(f"{response.status} {response.url}") if response.status >= 500 else None,
        )
        page.on(
            "request",
            lambda request: (
                problems.append(request.url)
                if not request.url.startswith((live_server.url, "data:", "blob:"))
                else None
            ),
        )
        page.goto("/login/")
        page.fill("#username", "alice")
        page.fill("#password", PASSWORD)
        page.click(".face .primary")
        page.wait_for_url("**/today/")
        page.goto("/contacts/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []
