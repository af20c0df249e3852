"""The palette's one address: what was typed goes in, groups of lines come out as JSON.

Words come by GET. What may be an account ID or a telephone number comes by POST, because it must
stand in no address; by GET no account is looked up. Neither changes or notes anything.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.services.lookups import TooManyLookups, count_lookup
from klingdesk.core.roles import Role, roles_of
from klingdesk.pages import desk_page
from klingdesk.palette import matching
from klingdesk.palette.finding import (
    Item,
    account_found,
    questions_found,
    questions_of,
    tickets_found,
)
from klingdesk.palette.places import DOINGS, Doing, Place, places_for
from tickets.rules.ticket_number import parse_number

MOST_TYPED = 80
MOST_PLACES = 8
MOST_RECENT = 8
SURE = matching.SOUND_START * 20
"""A page whose name begins with what was typed stands before the questions."""


@desk_page(*Role, methods=("GET", "HEAD", "POST"))
def palette(request: HttpRequest) -> JsonResponse:
    """``q``: what was typed. ``recent``: keys that this browser remembers, for the empty field."""
    given = request.POST if request.method == "POST" else request.GET
    typed = given.get("q", "").replace("\x00", "")[:MOST_TYPED].strip()
    now = timezone.now()
    user: Any = request.user
    try:
        if request.method == "POST":
            count_lookup(user=user, typed=typed, now=now)
    except TooManyLookups as refused:
        return JsonResponse({"detail": refused.message}, status=429)
    if typed:
        groups = _found(typed, user=user, now=now, by_account=request.method == "POST")
    else:
        groups = _at_rest(given.get("recent", ""), user=user, now=now)
    return JsonResponse({"groups": [group for group in groups if group["items"]]})


def _found(typed: str, *, user: Any, now: datetime, by_account: bool) -> list[dict[str, Any]]:
    places = places_for(roles_of(user))
    fitting = matching.best(typed, [(each, *_words(each)) for each in places], most=MOST_PLACES)
    doing = matching.best(typed, [(each, *_words(each)) for each in DOINGS], most=MOST_PLACES)
    tickets = tickets_found(typed, user=user)
    known = {item.url for item in tickets}
    account = account_found(typed, user=user) if by_account else []
    pages = _group("pages", pgettext("palette", "Pages"), [_place_item(each) for each in fitting])
    sure = bool(fitting) and matching.score(typed, *_words(fitting[0])) >= SURE
    # Numbers name tickets and accounts: no question is asked in digits.
    is_number = parse_number(typed) is not None or not any(map(str.isalpha, typed))
    questions = [] if is_number else questions_found(typed, user=user, now=now)
    rest = [
        _group("questions", _("Standard questions"), questions),
        _group("actions", _("Actions"), [_doing_item(each) for each in doing]),
    ]
    return [
        _group("tickets", _("Tickets"), tickets),
        _group("account", _("Account"), [item for item in account if item.url not in known]),
        *([pages, *rest] if sure else [rest[0], pages, rest[1]]),
    ]


def _at_rest(remembered: str, *, user: Any, now: datetime) -> list[dict[str, Any]]:
    """Nothing is typed: what was chosen lately, then everything there is."""
    places = {f"place:{each.name}": _place_item(each) for each in places_for(roles_of(user))}
    doings = {f"do:{each.name}": _doing_item(each) for each in DOINGS}
    keys = list(dict.fromkeys(remembered.replace("\x00", "")[:1_000].split(",")))[:MOST_RECENT]
    prefix = "question:"
    asked = [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]
    questions = {item.key: item for item in questions_of(asked, user=user, now=now)}
    known = {**places, **doings, **questions}
    return [
        _group("recent", _("Chosen lately"), [known[key] for key in keys if key in known]),
        _group("pages", pgettext("palette", "Pages"), list(places.values())),
        _group("actions", _("Actions"), list(doings.values())),
    ]


def _words(thing: Place | Doing) -> tuple[str, tuple[str, ...]]:
    return str(thing.label), tuple(str(each) for each in thing.words)


def _place_item(place: Place) -> Item:
    press = f"g {place.key}" if place.key else ""
    return Item(label=str(place.label), url=place.url, key=f"place:{place.name}", press=press)


def _doing_item(doing: Doing) -> Item:
    return Item(label=str(doing.label), key=f"do:{doing.name}")


def _group(kind: str, label: str, items: list[Item]) -> dict[str, Any]:
    return {"kind": kind, "label": label, "items": [asdict(each) for each in items]}
