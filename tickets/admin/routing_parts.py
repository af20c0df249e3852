"""What the pages of routing share: tabs, the effect of a change, what was typed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from klingdesk.core.errors import DeskError, Invalid
from tickets.admin.routing_words import priority_word
from tickets.models import Team
from tickets.rules.routing import Routed
from tickets.selectors.routing import rerouted_by
from tickets.services.routing_rules import Planned, RuleForm

MOST_SHOWN = 50
"""Tickets that an effect lists; it counts all."""

YES_NO: dict[str, bool | None] = {"": None, "yes": True, "no": False}


def tabs(request: HttpRequest) -> list[dict[str, Any]]:
    """The manager's pages of routing."""
    pages = (
        (_("Routing rules"), "admin:routing"),
        (_("Advisors"), "admin:advisors"),
        (_("Teams"), "admin:tickets_team_changelist"),
    )
    return [
        {"label": label, "url": reverse(name), "current": request.path.startswith(reverse(name))}
        for label, name in pages
    ]


def form_of(post: QueryDict) -> RuleForm:
    """A rule as it was posted; numbers that are none become ones that the service refuses."""

    def text(name: str) -> str:
        return str(post.get(name, "")).replace("\x00", "").strip()

    return RuleForm(
        place=_number(text("place"), otherwise=0),
        team=text("team"),
        category=text("category"),
        question=text("question"),
        flow=text("flow"),
        tag=text("tag"),
        queue=text("queue"),
        chased=YES_NO.get(text("chased")),
        api_customer=YES_NO.get(text("api_customer")),
        skill=text("skill"),
        priority=_number(text("priority"), otherwise=-1),
    )


def seen_of(change: Any, version: str) -> str:
    """A name of one change on one version of the rules: what was looked at is what is done."""
    content = asdict(change) if isinstance(change, RuleForm) else change
    return hashlib.sha256(json.dumps([content, version]).encode()).hexdigest()[:16]


def effect_of(planned: Planned, *, user: Any) -> dict[str, Any]:
    """Which of the latest tickets other rules would treat otherwise, for ``_effect.html``."""
    tried, moved = rerouted_by(planned.rules, user=user)
    names = dict(Team.objects.values_list("slug", "name"))
    return {
        "tried": tried,
        "moved": len(moved),
        "rest": max(0, len(moved) - MOST_SHOWN),
        "rows": [
            {
                "number": each.number,
                "question": each.question,
                "at": each.at,
                "now": _routed_words(each.now, names),
                "then": _routed_words(each.then, names),
            }
            for each in moved[:MOST_SHOWN]
        ],
    }


def status_of(refused: DeskError | None) -> int:
    if refused is None:
        return 200
    return 422 if isinstance(refused, Invalid) else 409


def _routed_words(routed: Routed, names: dict[str, str]) -> str:
    team = names.get(routed.team, routed.team)
    order = routed.reason[1]
    parts = [team, _("rule %(number)d") % {"number": order} if order else _("no rule")]
    if routed.skill:
        parts.append(_("skill %(skill)s") % {"skill": routed.skill})
    if routed.priority is not None:
        parts.append(priority_word(routed.priority))
    return " · ".join(parts)


def _number(text: str, *, otherwise: int) -> int:
    is_one = text.isascii() and text.isdigit() and len(text) <= 5
    return int(text) if is_one else otherwise
