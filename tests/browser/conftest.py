"""A real desk and a real browser.

The desk is started as ``make up`` starts it (own PostgreSQL, broker, web, worker, beat) in a
folder and on a port of its own; the tests only use what a person has: the address and a login.
Any console error, page error or Content-Security-Policy report fails the test.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.browser.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "artefacts"
PASSWORD = "browser-tests-only-7d2"
CHROMIUM = os.environ.get("KLINGDESK_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 400


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Desk:
    url: str
    folder: Path

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """What a statement gives: only for what takes hours until a person can see it."""
        with self._connected() as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def holding(self, lock: str) -> Iterator[None]:
        """Hold one of the desk's advisory locks, so that what waits for it waits for the test."""
        with self._connected() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", (lock,))
            yield

    def _connected(self) -> psycopg.Connection:
        # The fifth line of this file of PostgreSQL's names the folder of its socket.
        place = (self.folder / "postgresql/postmaster.pid").read_text().splitlines()[4]
        return psycopg.connect(host=place, user="klingdesk", dbname="klingdesk", autocommit=True)


@pytest.fixture(scope="session")
def desk_url(desk: Desk) -> str:
    """The address of a running desk with demo people."""
    return desk.url


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """A running desk with demo people."""
    port = _free_port()
    data = Path(tempfile.mkdtemp(prefix="kd-browser-"))
    log = data.with_suffix(".log")
    kept = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "CELERY_BROKER_URL"}}
    environment = {
        **{k: v for k, v in kept.items() if not k.startswith("KLINGDESK_")},
        "PORT": str(port),
        "KLINGDESK_DATA": str(data / "desk"),
        "KLINGDESK_DEMO_PASSWORD": PASSWORD,
        # Every test looks at what it made itself.
        "KLINGDESK_DEMO_TICKETS": "0",
        "KLINGDESK_ROUTING_SWEEP_SECONDS": "2",
        "KLINGDESK_SESSIONS_PER_PERSON": "100",
        # Webhooks of these tests lead to servers of this machine.
        "KLINGDESK_WEBHOOK_ALLOW": "127.0.0.1/32",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "klingdesk.embedded", "up"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
            yield Desk(f"http://127.0.0.1:{port}", data / "desk")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            shutil.rmtree(data, ignore_errors=True)
            log.unlink(missing_ok=True)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"the desk did not start:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"no browser at {CHROMIUM}: install chromium or set KLINGDESK_CHROMIUM")
    # Here and not above: the other suites run without this dependency.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def troubles() -> Iterator[list[str]]:
    """What went wrong in any page of the test; must be empty at its end."""
    found: list[str] = []
    yield found
    if found:
        # A long list is cut in the terminal.
        ARTEFACTS.mkdir(exist_ok=True)
        (ARTEFACTS / "troubles.txt").write_text("\n".join(found), encoding="utf-8")
    assert found == []


@pytest.fixture
def open_page(browser: Any, desk_url: str, troubles: list[str]) -> Iterator[Callable[..., Any]]:
    """``open_page("agent")``: a page of a fresh browser profile, logged in as that person."""
    contexts: list[Any] = []

    def opened(person: str, *, width: int = 1440, dark: bool = False, height: int = 900) -> Any:
        context = browser.new_context(
            base_url=desk_url,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            locale="zh-CN",
            timezone_id="America/New_York",  # the desk's zone must win over the browser's
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        contexts.append(context)
        page = context.new_page()
        watch(page, troubles)
        wait_before_keys(page)
        page.goto("/admin/")
        page.fill("input[name=username]", person)
        page.fill("input[name=password]", PASSWORD)
        page.click("[type=submit]")
        page.wait_for_url(re.compile(r"/admin/(?!login)"))
        return page

    yield opened
    for context in contexts:
        context.close()


def of_a_cut_line(trouble: str) -> bool:
    """Whether it is what a browser says of a line that the test itself has cut; htmx says it too,
    when a check of what was typed was on its way."""
    return "ERR_INTERNET_DISCONNECTED" in trouble or trouble.partition(": htmx:")[2].startswith(
        ("sendError", "afterRequest")
    )


def wait_before_keys(page: Any) -> None:
    """Press no key before the page's scripts listen: a busy machine shows the page seconds
    earlier, and what a test presses in between is heard by nobody. No person is as fast."""
    from playwright.sync_api import Error

    press = page.keyboard.press

    def patient(key: str, **options: Any) -> None:
        page.wait_for_load_state("load")
        with suppress(Error):  # the page is being left
            page.evaluate(BEGUN)
        press(key, **options)

    page.keyboard.press = patient


BEGUN = "new Promise(done => setTimeout(done))"
"""After what the scripts put off until the page was there."""

FADED = """async () => {
    const fading = () => document.getAnimations().filter(each => each instanceof CSSTransition);
    while (fading().length) await Promise.allSettled(fading().map(each => each.finished));
}"""
"""Waits until no colour fades any more; a transition that is cut short is followed by another."""

EXPECTED = {200, 201, 204, 301, 302, 304, 409, 413, 422}
"""409, 413 and 422 are answers to a person's mistake; anything else is ours."""


def watch(page: Any, troubles: list[str]) -> None:
    """Collect console errors (blocked by the policy, too), page errors and failed loads."""

    def on_console(message: Any) -> None:
        # The browser repeats every failed load here; those are judged by their status below.
        if message.type == "error" and "Failed to load resource" not in message.text:
            troubles.append(f"console, at {page.url}: {message.text}")

    def on_response(answer: Any) -> None:
        if answer.status not in EXPECTED:
            troubles.append(f"{answer.status}: {answer.url}")

    def on_failure(request: Any) -> None:
        # A request that the page itself gives up (left, or typed on) is no trouble.
        if "ERR_ABORTED" not in (request.failure or ""):
            troubles.append(f"{request.failure}: {request.url}")

    page.on("pageerror", lambda error: troubles.append(f"page error: {error}"))
    page.on("requestfailed", on_failure)
    page.on("console", on_console)
    page.on("response", on_response)


@pytest.fixture
def keep() -> Callable[[Any, str], None]:
    """Keep a screenshot of the whole page under ``artefacts/`` (git-ignored)."""
    ARTEFACTS.mkdir(exist_ok=True)

    def shot(page: Any, name: str) -> None:
        page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=True)

    return shot


@pytest.fixture
def fits(keep: Callable[[Any, str], None]) -> Callable[[Any, str], None]:
    """Keep the page as a wide light and as a narrow dark screen show it; neither may scroll
    sideways. The page is as wide as before afterwards.
    """

    def shown(page: Any, name: str) -> None:
        before = page.viewport_size
        for width, scheme in ((1440, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            # Colours fade into one another; a shot half-way shows what nobody sees.
            page.evaluate(FADED)
            keep(page, f"{name}-{width}-{scheme}")
            overflow = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert overflow <= 0, f"{name} is {overflow} px wider than a screen of {width} px"
        page.set_viewport_size(before)
        page.emulate_media(color_scheme="light")

    return shown


_MEASURED: list[str] = []


@pytest.fixture
def measured() -> Callable[[str], None]:
    """Figures that the terminal shows at the end, also when everything passes."""
    return _MEASURED.append


def pytest_sessionfinish(session: Any) -> None:
    """In a process of pytest-xdist: hand the figures to the one that has the terminal."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["measured"] = _MEASURED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _MEASURED.extend(getattr(node, "workeroutput", {}).get("measured", ()))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _MEASURED:
        terminalreporter.section("what it takes")
        for line in _MEASURED:
            terminalreporter.write_line(line)
