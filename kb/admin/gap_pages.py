"""Gaps: what users asked in vain, and one step to close each of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from kb.models import Category, Draft
from kb.rules.masking import has_placeholder
from kb.selectors.gaps import extendable_questions, gap_groups, gaps_of
from kb.services.gaps import (
    IGNORED,
    PHRASING,
    QUESTION,
    ignore_gap,
    make_phrasing,
    make_question,
)
from klingdesk.core.errors import Conflict, DeskError, Invalid, NotFound
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render

PER_PAGE = 20
PERIODS = (7, 30, 90)
USUAL_PERIOD = 30


@desk_page(Role.EDITOR)
def gaps(request: HttpRequest) -> HttpResponse:
    """Groups of searches in vain of the last ``?days=``, the most frequent first."""
    return _page(request, query=request.GET)


@desk_page(Role.EDITOR, methods=("POST",))
def deal(request: HttpRequest) -> HttpResponse:
    """Make a phrasing or a question of a gap, or pass it over; ``then`` says which."""
    posted, now = request.POST, timezone.now()
    group_key, words = posted.get("group", "").replace("\x00", ""), posted.get("words", "")
    then = posted.get("then", PHRASING)
    who: dict[str, Any] = {"group_key": group_key, "acting_user": request.user, "now": now}
    try:
        if then == PHRASING:
            named = posted.get("other", "").strip() or posted.get("question", "")
            draft = make_phrasing(**who, words=words, question=named)
            messages.success(request, _kept(draft, words))
        elif then == QUESTION:
            draft = make_question(**who, words=words, category=posted.get("category", ""))
            messages.success(request, _("A draft was begun. Write its reference script next."))
            return redirect(_form_of(draft))
        elif then == IGNORED:
            ignore_gap(**who)
            messages.success(
                request, _("“%(words)s” was passed over until it comes again.") % {"words": words}
            )
        else:
            raise Invalid(_("Nothing was changed."), fields={"words": [_("Choose what to do.")]})
    except DeskError as error:
        return _page(request, query=posted, refused=error)
    return redirect(_address(posted))


def _kept(draft: Draft, words: str) -> str:
    return format_html(
        _("“{}” is now in the draft of {}. It is searched once the draft is published."),
        words.strip(),
        format_html('<a href="{}">{}</a>', _form_of(draft), draft.question.title),
    )


def _form_of(draft: Draft) -> str:
    return reverse("admin:kb_standardquestion_change", args=[draft.question_id])


def _address(query: Any) -> str:
    kept = {name: query[name] for name in ("days", "page") if query.get(name, "").isdecimal()}
    address = reverse("admin:kb_gaps")
    return f"{address}?{urlencode(kept)}" if kept else address


def _page(request: HttpRequest, *, query: Any, refused: DeskError | None = None) -> HttpResponse:
    """The list. After a refusal the gap concerned has what was typed, and what is wrong with it."""
    days = _days_of(query)
    since = timezone.now() - timedelta(days=days)
    page = Paginator(gap_groups(since=since), PER_PAGE).get_page(query.get("page"))
    rows = _rows(page.object_list, since=since, refused=refused, posted=request.POST)
    is_shown = any(row["is_refused"] for row in rows)
    context = {
        "title": _("Gaps in the knowledge"),
        "page": page,
        "rows": rows,
        "days": days,
        "periods": PERIODS,
        "questions": extendable_questions().order_by("title").values_list("key", "title"),
        "categories": Category.objects.values_list("slug", "title"),
        "refused": refused,
        "lost_words": "" if refused is None or is_shown else request.POST.get("words", ""),
    }
    return desk_render(request, "admin/kb/gaps.html", context, status=_status_of(refused))


def _rows(
    groups: Any, *, since: datetime, refused: DeskError | None, posted: Any
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for gap in gaps_of(list(groups), since=since):
        is_refused = refused is not None and posted.get("group") == gap.group_key
        chosen = gap.shown[0][0] if gap.shown else ""
        rows.append(
            {
                "gap": gap,
                "is_refused": is_refused,
                "errors": refused.fields if is_refused and isinstance(refused, Invalid) else {},
                "words": posted.get("words", "") if is_refused else gap.words,
                "is_masked": has_placeholder(gap.words),
                "chosen": posted.get("question", "") if is_refused else chosen,
                "other": posted.get("other", "") if is_refused else "",
                "category": posted.get("category", "") if is_refused else gap.category,
            }
        )
    return rows


def _days_of(query: Any) -> int:
    given = query.get("days", "")
    return int(given) if given in {str(each) for each in PERIODS} else USUAL_PERIOD


def _status_of(refused: DeskError | None) -> int:
    if refused is None:
        return 200
    return 409 if isinstance(refused, Conflict | NotFound) else 422
