"""Pages in Chromium on a processor four times slower: from a key to what it shows, shifts, long tasks, and octets.

A made-up organisation of PEOPLE, on SQLite, over HTTP on this machine. The floor, in the same run: a key that changes
nothing, until the frame behind it is drawn. Asked for are at most 100 ms to paint for the palette, the preview and an
editor, no task over 200 ms while a page loads, nothing that shifts, 60 kB of HTML for the first page of a list, and 60
kB of script, compressed, before anybody touches anything.
"""

from __future__ import annotations

import gzip
import re
import shutil
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import _figures
from benchmarks._instances import KEPT, ROOT, Instance
from benchmarks.serving import free_port, wait_for_an_answer

if TYPE_CHECKING:
    from playwright.sync_api import Page

PEOPLE, TIMES, SLOWER = 300, 9, 4
PATIENCE_S = 60.0
# Counts what shifts and which tasks are long from the very beginning of each page.
WATCH = """
window.seen = { shift: 0, longest: 0 };
const watch = (type, note) =>
  new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
watch("layout-shift", (each) => { if (!each.hadRecentInput) seen.shift += each.value; });
watch("longtask", (each) => { seen.longest = Math.max(seen.longest, each.duration); });
"""
# From a key, or a click, until the frame in which something is there has been drawn.
TIMED = """
({ act, wanted }) => new Promise((done) => {
  const start = performance.now();
  const look = () => requestAnimationFrame(() => {
    if (wanted && !document.querySelector(wanted)) return look();
    const drawn = new MessageChannel();
    drawn.port1.onmessage = () => done(performance.now() - start);
    drawn.port2.postMessage(0);
  });
  const [kind, what, options] = act;
  if (kind === "click") document.querySelector(what).click();
  else (document.activeElement ?? document.body).dispatchEvent(
    new KeyboardEvent("keydown", { key: what, bubbles: true, cancelable: true, ...options }));
  look();
})
"""


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("chromium is not installed", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with _organisation() as (address, name, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, base_url=address, service_workers="block", reduced_motion="reduce"
        )
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto("/login/")
        page.fill("#username", name)
        page.fill("#password", password)
        page.click(".face .primary")
        page.wait_for_url("**/today/")
        session = context.new_cdp_session(page)
        session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        _measure(page)
        browser.close()


def _measure(page: Page) -> None:
    page.goto("/contacts/")
    record = page.get_attribute("#rows a[href^='/contacts/'], tbody a[href^='/contacts/']", "href") or "/contacts/"
    loads = [(path, _load(page, path)) for path in ("/today/", "/contacts/", record, "/calendar/", "/tasks/")]
    rows = [
        (
            f"load of {re.sub('[0-9]+', 'N', path)}",
            f"longest task {told['longest']:.0f} ms, shift {told['shift']:.3f}",
            f"HTML {told['html'] / 1000:.1f} kB, script {told['script'] / 1000:.1f} kB",
            "",
        )
        for path, told in loads
    ]
    for title, path, act, wanted, undo in (
        ("palette", record, ["key", "k", {"ctrlKey": True}], "#palette[open]", "Escape"),
        ("an editor of a fact", record, ["click", "#facts button.edit", {}], "[data-editor]", "Escape"),
        ("preview of a contact", "/contacts/", ["key", " ", {}], "[data-peek-panel]", "Escape"),
    ):
        floor = [_timed(page, path, ["key", "F15", {}], "", "") for _ in range(TIMES)]
        taken = [_timed(page, path, act, wanted, undo) for _ in range(TIMES)]
        rows.append(
            (
                f"{title}, to paint",
                f"p50 {statistics.median(taken):.0f}, max {max(taken):.0f} ms",
                f"{statistics.median(floor):.0f} ms",
                _figures.times(statistics.median(taken), statistics.median(floor)),
            )
        )
    _figures.table(f"pages, {SLOWER} times slower", rows)


def _load(page: Page, path: str) -> dict[str, float]:
    scripts: dict[str, bytes] = {}
    html: list[bytes] = []

    def note(response: Any) -> None:
        if ".js" in response.url and "/static/" in response.url:
            scripts[response.url] = response.body()

    page.on("response", note)
    answer = page.goto(path)
    html.append(answer.body() if answer is not None else b"")
    page.wait_for_timeout(1500)  # what is fetched after the page comes in
    page.remove_listener("response", note)
    told: dict[str, float] = page.evaluate("() => seen")
    packed = sum(len(gzip.compress(octets, 9)) for octets in scripts.values())
    return told | {"html": len(html[0]), "script": packed}


def _timed(page: Page, path: str, act: list[Any], wanted: str, undo: str) -> float:
    if not page.url.endswith(path):
        page.goto(path)
        page.wait_for_function("() => document.querySelector('.app')")
        if path == "/contacts/":
            page.keyboard.press("j")
    taken: float = page.evaluate(TIMED, {"act": act, "wanted": wanted})
    if undo:
        if wanted == "[data-editor]":  # it hears the key once its field has the focus
            page.wait_for_function(
                "(wanted) => document.querySelector(wanted).contains(document.activeElement)", arg=wanted
            )
        page.keyboard.press(undo)
        page.wait_for_function("(wanted) => !document.querySelector(wanted)", arg=wanted)
    return taken


@contextmanager
def _organisation() -> Iterator[tuple[str, str, str]]:
    """A server with made-up people: its address, and with what somebody signs in."""
    folder = KEPT / "pages"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    instance = Instance(folder)
    farley = [str(Path(sys.executable).with_name("farley"))]
    made = subprocess.run(
        [*farley, "demo", "--people", str(PEOPLE)],
        cwd=ROOT,
        env=instance.environment,
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"Log in as: (\S+), password (\S+)", made.stdout + made.stderr)
    if found is None:
        raise RuntimeError("farley demo does not say who signs in")
    port = free_port()
    server = subprocess.Popen(
        [*farley, "serve", "--port", str(port)], cwd=ROOT, env=instance.environment, stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for_an_answer(server, port)
        yield address, found[1], found[2]
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE_S)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
