"""Every page: how heavy it is, whether all can use it, whether it fits a telephone.

The roles walk through the desk by its links; every address is looked at once, for the first who
gets there: weighed with an empty cache and then with a full one, read by axe in light and dark,
looked through for title, headings and landmarks, made narrow. The table of weights is printed
(``-s``).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve

from tests.browser.accessibility import troubles_in
from tests.browser.conftest import ARTEFACTS, PASSWORD
from tests.browser.landmarks import LANDMARKS, lost_in
from tests.services_suite.caller import logged_in

pytestmark = pytest.mark.browser

UNCACHED_KB, CACHED_KB = 150, 30
NARROW = (720, 390)
"""A screen of 1440 px at 200 %, and a telephone."""
FITS = "most => document.documentElement.scrollWidth <= most"
MOST_REQUESTS, MOST_NODES = 40, 2_000
PAINT_MS = BLOCKED_MS = 10_000
"""Loosely: the machine does other things meanwhile. They tell a page that hangs from one that
does not; figures for comparing are those of a quiet machine."""

LONG_NODES = 2_600
LONG = frozenset({"admin/calendar/", "admin/design/"})
"""Every day of a year with the reason why it counts or not; every component in every state."""

DIAGRAM_KB = 620
DIAGRAMS = frozenset(
    {
        "admin/kb-flows/<slug:key>/diagram/",
        "admin/kb-flows/<slug:key>/numbers/",
        "admin/kb-flows/<slug:key>/compare/",
    }
)
"""The exception: the library that lays out diagrams, 2.5 MB, weighs half a megabyte compressed.
These pages alone load it, after everything else, and never twice: it is cached for good."""

WALKS = {
    "agent": ("/admin/console/",),
    "advisor": ("/admin/day/", "/admin/queue/?view=open"),
    "manager": ("/admin/reports/sla/", "/admin/queue/?view=open"),
    "editor": ("/admin/kb-room/", "/admin/site/"),
    "admin": ("/admin/auth/user/", "/admin/lockouts/"),
}
NO_PAGE = re.compile(r"/(logout|jsi18n|kb-attachments|export|file|r)/|/admin/$|/admin/login")

OBSERVE = """
window.deskPaint = 0; window.deskBlocked = 0;
new PerformanceObserver(list => {
    for (const each of list.getEntries()) deskPaint = each.startTime;
}).observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver(list => {
    for (const each of list.getEntries()) deskBlocked += Math.max(0, each.duration - 50);
}).observe({type: "longtask", buffered: true});
"""
READ = f"""() => new Promise(done => requestAnimationFrame(() => setTimeout(() => done({{
    nodes: document.getElementsByTagName("*").length, paint: deskPaint, blocked: deskBlocked,
    links: [...document.querySelectorAll("a[href]")].map(each => each.href),
    landmarks: {LANDMARKS}, at: location.pathname,
}}), 0)))"""

TWICE = "admin/design/"
"""Every component in light and in dark: its navigations as well."""
SAME = {"admin/help/": "admin/help/<slug:role>/"}
"""The help of one's own role is that of this role."""


@dataclass(slots=True)
class Weight:
    who: str
    route: str
    first: float
    again: float
    requests: int
    nodes: int
    paint: float
    blocked: float
    at: str
    title: str
    barriers: tuple[str, ...]
    """What keeps somebody from using it."""

    def line(self) -> str:
        return (
            f"{self.first:8.1f}{self.again:8.1f}{self.requests:6}{self.nodes:7}"
            f"{self.paint:8.0f}{self.blocked:8.0f}  {self.who:<8} {self.route}"
        )

    def too_much(self) -> Iterator[str]:
        limits = {
            "KB with an empty cache": (self.first, _first_limit(self.route)),
            "KB with a full cache": (self.again, CACHED_KB),
            "requests": (self.requests, MOST_REQUESTS),
            "nodes": (self.nodes, LONG_NODES if self.route in LONG else MOST_NODES),
            "ms until its largest part stands": (self.paint, PAINT_MS),
            "ms in which it answers nobody": (self.blocked, BLOCKED_MS),
        }
        for what, (found, most) in limits.items():
            if found > most:
                yield f"{self.route} ({self.who}): {found:.0f} {what}, at most {most}"


def _first_limit(route: str) -> int:
    return DIAGRAM_KB if route in DIAGRAMS else UNCACHED_KB


class Scales:
    """Counts what comes over the wire to a page."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._wire = page.context.new_cdp_session(page)
        self._wire.send("Network.enable")
        self._wire.on("Network.loadingFinished", self._finished)
        self._bytes: list[float] = []
        page.add_init_script(OBSERVE)

    def _finished(self, event: dict[str, Any]) -> None:
        self._bytes.append(event["encodedDataLength"])

    def weigh(self, path: str) -> tuple[float, int]:
        """Kilobytes and answers that came with anything."""
        self._bytes.clear()
        self._page.goto(path, wait_until="load")
        came = [each for each in self._bytes if each]
        return sum(came) / 1024, len(came)

    def forget(self) -> None:
        self._wire.send("Network.clearBrowserCache")


@pytest.fixture
def with_a_ticket(desk_url: str) -> None:
    """A hand-over and an open contact: pages that show one are weighed, too."""
    caller = logged_in(int(desk_url.rsplit(":", 1)[1]), "agent", PASSWORD)
    start = {"channel": "chat", "utterance": "扣了两份", "question": "double-charge"}
    for account in ("5550001", ""):
        contact = caller.ok(caller.post("consultations/", start), 201)["id"]
        answer = {"node": "several-pages", "value": "no"}
        caller.ok(caller.post(f"consultations/{contact}/answer/", answer))
        if account:
            told = {
                "problem": "扣了两份",
                "demand": "退回",
                "account_id": account,
                "contact_channel": "private_message",
                "extra": {"times_charged": "2", "charged_at": "2026-11-20 10:00", "work": "海"},
            }
            caller.ok(caller.post(f"consultations/{contact}/escalate/", told), 201)


def test_every_page_is_light_and_can_be_used_by_all(
    open_page: Callable[..., Any], with_a_ticket: None
) -> None:
    seen: set[str] = set()
    weights = [
        weight
        for who, starts in WALKS.items()
        for weight in _walk(who, starts, open_page(who), seen)
    ]
    weights.sort(key=lambda each: each.first, reverse=True)
    head = f"{'KB':>8}{'again':>8}{'reqs':>6}{'nodes':>7}{'paint':>8}{'blocked':>8}  who, page"
    table = "\n".join([head, *(each.line() for each in weights), ""])
    ARTEFACTS.mkdir(exist_ok=True)
    (ARTEFACTS / "budget.txt").write_text(table, encoding="utf-8")
    sys.stdout.write("\n" + table)
    assert {"admin/console/", "admin/ticket/<str:number>/", "admin/reports/sla/"} <= seen
    barriers = [f"{each.route}: {barrier}" for each in weights for barrier in each.barriers]
    barriers += _same_titles(weights)
    (ARTEFACTS / "barriers.txt").write_text("\n".join(barriers), encoding="utf-8")
    assert [trouble for each in weights for trouble in each.too_much()] == []
    assert barriers == []


def _walk(who: str, starts: tuple[str, ...], page: Any, seen: set[str]) -> Iterator[Weight]:
    """Every page that ``who`` reaches by links and nobody has weighed before."""
    scales = Scales(page)
    waiting = list(starts)
    while waiting:
        path = waiting.pop(0)
        route = _route(path)
        if route is None or route in seen:
            continue
        seen.add(route)
        scales.forget()
        first, requests = scales.weigh(path)
        found = page.evaluate(READ)
        again, _requests = scales.weigh(path)
        yield Weight(
            who,
            route,
            first,
            again,
            requests,
            found["nodes"],
            found["paint"],
            found["blocked"],
            found["at"],
            found["landmarks"]["title"],
            (*lost_in(found["landmarks"], twice=route == TWICE), *_barriers(page)),
        )
        waiting += [_path(link) for link in found["links"] if link.startswith(_origin(page))]


def _barriers(page: Any) -> Iterator[str]:
    from playwright.sync_api import TimeoutError as PlaywrightTimeout

    yield from troubles_in(page, only=("serious", "critical"))
    before = page.viewport_size
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": 844})
        try:
            # Charts take a moment to follow the width.
            page.wait_for_function(FITS, arg=width, timeout=10_000)
        except PlaywrightTimeout:
            wide = page.evaluate("document.documentElement.scrollWidth")
            yield f"scrolls sideways at {width} px: {wide} px"
    page.set_viewport_size(before)


def _same_titles(weights: list[Weight]) -> Iterator[str]:
    """Pages whose titles do not tell them apart; a redirect leads to the very same page."""
    known: dict[str, Weight] = {}
    for each in weights:
        other = known.setdefault(each.title, each)
        pair = {each.route, other.route}
        if each.at != other.at and not any(pair == set(same) for same in SAME.items()):
            yield f"{each.route} and {other.route} are both called {each.title!r}"


def _origin(page: Any) -> str:
    split = urlsplit(page.url)
    return f"{split.scheme}://{split.netloc}/"


def _path(link: str) -> str:
    split = urlsplit(link)
    return split.path + (f"?{split.query}" if split.query else "")


def _route(path: str) -> str | None:
    """The address in the URLconf; None for what is no page."""
    plain = path.partition("?")[0]
    if not plain.startswith("/admin/") or NO_PAGE.search(plain):
        return None
    try:
        return str(resolve(plain).route)
    except Resolver404:
        return None
