"""The living page of the design system: every token and component, in light and dark at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from types import SimpleNamespace
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from klingdesk.core.roles import Role
from klingdesk.design_tokens import TEXT_PAIRS, contrast, tokens
from klingdesk.pages import desk_page, desk_render

LONG_TEXT = (
    "用户昨天晚上九点多用网页端生成了一段十秒的视频，进度条走到百分之九十九以后页面提示生成失败，"
    "灵感值却被扣了两次；刷新以后又多了一条正在排队的任务，用户要求核实并退回多扣的部分。"
)
LONG_ID = "KL-2026-11-25-0000000000000000000000000000000000000000008800012345"
GROUPS = {
    "ground and text": gettext_lazy("Ground and text"),
    "lines": gettext_lazy("Lines"),
    "what leads somewhere": gettext_lazy("What leads somewhere"),
    "header": gettext_lazy("Header"),
    "states": gettext_lazy("States"),
    "depth": gettext_lazy("Depth"),
    "distances": gettext_lazy("Distances"),
    "text": gettext_lazy("Type"),
    "motion": gettext_lazy("Motion"),
    "charts": gettext_lazy("Charts"),
}
"""The headings in the sheet of tokens, as the page says them."""
SHOWN_MONTH = date(2026, 3, 1)
COUNTED = {5: "1", 6: "2", 9: "3"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Text on a ground, and how well it can be read in each mode."""

    front: str
    ground: str
    light: float
    dark: float


@desk_page(*Role)
def design(request: HttpRequest) -> HttpResponse:
    """Shows only what is made up here: no row of the desk is read for it."""
    return desk_render(
        request,
        "desk/design/page.html",
        {
            "title": _("Design system"),
            "groups": _groups(),
            "pairs": _pairs(),
            "panes": [("light", _("Light")), ("dark", _("Dark"))],
            "sample": _sample(),
        },
    )


def _groups() -> list[tuple[Any, list[Any]]]:
    found = groupby(tokens().values(), lambda token: token.group)
    return [(GROUPS[name], list(each)) for name, each in found]


def _pairs() -> list[Pair]:
    known = tokens()
    return [
        Pair(
            front=front,
            ground=ground,
            light=contrast(known[front].light, known[ground].light),
            dark=contrast(known[front].dark, known[ground].dark),
        )
        for front, ground in TEXT_PAIRS
    ]


def _sample() -> dict[str, Any]:
    return {
        "long_text": LONG_TEXT,
        "long_id": LONG_ID,
        "errors": [_("This cannot be empty.")],
        "steps": [
            {"label": _("What the user says"), "state": "done", "href": "#components"},
            {"label": _("Standard question"), "state": "done"},
            {"label": _("Decision flow"), "state": "current"},
            {"label": _("Hand-over"), "state": "todo"},
        ],
        "tabs": [
            {"label": _("Text"), "href": "#components", "current": True},
            {"label": _("Diagram"), "href": "#tokens"},
            {"label": _("Versions"), "href": "#contrast"},
        ],
        "page": Paginator(range(60), 20).page(2),
        "many": [LONG_ID, *(f"KL-{number:02}" for number in range(1, 12))],
        "months": [_month()],
        "weekdays": ["一", "二", "三", "四", "五", "六", "日"],
        "legend": [
            SimpleNamespace(mark="1–3", words=_("working days that are counted")),
            SimpleNamespace(mark="!", words=_("due")),
        ],
    }


def _month() -> dict[str, Any]:
    monday = SHOWN_MONTH - timedelta(days=SHOWN_MONTH.weekday())
    days = [monday + timedelta(days=number) for number in range(42)]
    cells = [_cell(day) if day.month == SHOWN_MONTH.month else None for day in days]
    weeks = [cells[at : at + 7] for at in range(0, 42, 7)]
    return {"title": "2026-03", "weeks": [week for week in weeks if any(week)]}


def _cell(day: date) -> SimpleNamespace:
    mark = COUNTED.get(day.day, "")
    classes = "cal-counted" if mark else "cal-weekend" if day.weekday() > 4 else ""
    if mark == "3":
        classes, mark = "cal-counted cal-due", "3 !"
    if day.day == 4:
        classes = "cal-start cal-today"
    if day.day == 20:
        classes, mark = "cal-holiday", pgettext("calendar", "off")
    if day.day == 28:
        classes, mark = "cal-make-up", pgettext("calendar", "on")
    if day.day == 30:
        classes = "cal-provisional"
    return SimpleNamespace(date=day, mark=mark, classes=classes, words=day.isoformat())


urlpatterns = [path("design/", design, name="design")]
