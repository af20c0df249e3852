"""The log of settled searches: what was looked for, what was shown and what was chosen.

Nothing in it tells who searched, and the words are masked before they are kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.models import HandledGap, LoggedSearch
from kb.rules.masking import mask
from kb.selectors.questions import questions_by_keys
from kb.selectors.search import group_key_of, hidden_keys, search_questions
from klingdesk.core.errors import Invalid

MOST_RESULTS = 8

_KEY = re.compile(r"[-a-zA-Z0-9_]{1,80}")


@dataclass(frozen=True, slots=True)
class _Settled:
    """What is kept of one search; read here, never taken from whoever reports it."""

    words: str
    group_key: str
    results: list[str]
    confident: bool


@transaction.atomic
def log_search(
    *,
    acting_user: Any,
    words: str,
    now: datetime,
    channel: str,
    chosen: str = "",
    retyped: bool = False,
) -> LoggedSearch:
    """Keep one search. ``chosen`` is the key of the question that was opened, if any.

    ``retyped``: the person went on to search again without having chosen. What was found is
    looked up here, as ``acting_user`` sees it. Raises ``Invalid`` for words of which nothing
    can be seen, and for a question that the user may not see.
    """
    settled = _settled(acting_user=acting_user, words=words, chosen=chosen, now=now)
    return LoggedSearch.objects.create(
        asked_at=now,
        words=settled.words,
        group_key=settled.group_key,
        results=settled.results,
        confident=settled.confident,
        chosen=chosen,
        retyped=retyped and not chosen,
        channel=channel,
    )


@transaction.atomic
def continue_search(
    *,
    acting_user: Any,
    entry_id: int,
    words: str,
    now: datetime,
    channel: str,
    chosen: str = "",
    is_another_attempt: bool = False,
) -> LoggedSearch:
    """The search ``entry_id`` goes on: more was typed, or a result was opened.

    ``is_another_attempt``: the words are new ones for what the old ones did not find; the old
    entry is marked as typed again unless something was chosen, and a new one begins. So it does
    when the entry is gone, or had its choice and the words are others now. Errors as for
    ``log_search``.
    """
    entry = LoggedSearch.objects.select_for_update().filter(pk=entry_id).first()
    if entry is not None and is_another_attempt:
        if not entry.chosen:
            entry.retyped = True
            entry.save(update_fields=["retyped"])
        entry = None
    if entry is None or (entry.chosen and mask(words) != entry.words):
        return log_search(
            acting_user=acting_user, words=words, now=now, channel=channel, chosen=chosen
        )
    settled = _settled(acting_user=acting_user, words=words, chosen=chosen, now=now)
    entry.words, entry.group_key = settled.words, settled.group_key
    entry.results, entry.confident = settled.results, settled.confident
    entry.chosen = chosen or entry.chosen
    entry.save(update_fields=["words", "group_key", "results", "confident", "chosen"])
    return entry


def _settled(*, acting_user: Any, words: str, chosen: str, now: datetime) -> _Settled:
    masked = mask(words)
    if not masked:
        raise Invalid(_("There are no words to keep."), fields={"words": [_("Type something.")]})
    hidden = hidden_keys(user=acting_user, now=now)
    found = search_questions(words, limit=MOST_RESULTS, without=hidden)
    keys = [hit.key for hit in found.hits]
    named = [chosen] if _KEY.fullmatch(chosen) else []
    # The index may be some seconds behind what the user sees.
    visible = questions_by_keys(user=acting_user, keys=[*keys, *named]).keys() - hidden
    if chosen and chosen not in visible:
        raise Invalid(
            _("The choice was not kept."),
            fields={"chosen": [_("There is no such standard question.")]},
        )
    return _Settled(
        words=masked,
        group_key=group_key_of(masked),
        results=[key for key in keys if key in visible],
        confident=found.confident and keys[0] in visible,
    )


@transaction.atomic
def purge_search_log(*, now: datetime) -> int:
    """Delete what is older than ``KLINGDESK_SEARCH_LOG_DAYS``; returns how many searches.

    What editors decided about such searches goes with them. Safe to run twice, and at once.
    """
    until = now - timedelta(days=settings.KLINGDESK_SEARCH_LOG_DAYS)
    HandledGap.objects.filter(handled_at__lt=until).delete()
    deleted, _by_model = LoggedSearch.objects.filter(asked_at__lt=until).delete()
    return deleted
