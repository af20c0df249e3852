"""Doing what a request asks once, however often it is sent with the same ``Idempotency-Key``.

The answer is kept in the transaction of the work: either both are there or neither. A refusal
rolls everything back and keeps nothing, so that the same key may be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import KeptAnswer
from klingdesk.core.errors import Conflict, Invalid
from notices.channels.sealing import Unsealable, seal, unseal

_PURPOSE = b"klingdesk.accounts.answers"
BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is the text that was sent, empty for none."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class KeyReused(Invalid):
    """The key belongs to another request."""

    code = "key_reused"


def kept_answer(*, user: Any, key: str, request: str) -> Answer | None:
    """The answer that ``key`` got before. To be asked, and ``keep_answer`` to be called, within
    one transaction: until it ends the key is held.

    ``request`` is a hash of what is asked. ``Conflict`` (``in_progress``) while another request
    with the key runs; ``KeyReused`` when it asked something else.
    """
    if not _hold(f"{user.pk}:{key}"):
        raise Conflict(
            _("A request with this key is in progress. Send it again in a second."),
            code="in_progress",
        )
    # A statement of its own: whoever held the key has committed by now.
    found = KeptAnswer.objects.filter(user=user, key=key).first()
    if found is None:
        return None
    if found.request != request:
        raise KeyReused(_("This key was sent with another request. Draw a new one."))
    try:
        body = unseal(found.sealed_body, purpose=_PURPOSE)
    except Unsealable as lost:
        raise Conflict(
            _("This was done before, but its answer cannot be read any more."), code="answer_lost"
        ) from lost
    return Answer(found.status, body, found.headers)


def keep_answer(*, user: Any, key: str, request: str, answer: Answer, now: datetime) -> None:
    """Write the answer beside the work, in its transaction."""
    KeptAnswer.objects.create(
        user=user,
        key=key,
        request=request,
        status=answer.status,
        headers=dict(answer.headers),
        sealed_body=seal(answer.body, purpose=_PURPOSE) if answer.body else "",
        at=now,
    )


def forget_answers(*, now: datetime, after_hours: int, batch: int = BATCH) -> int:
    """Delete answers older than ``after_hours`` in batches; returns how many."""
    until, done = now - timedelta(hours=after_hours), 0
    while True:
        with transaction.atomic():
            old = KeptAnswer.objects.filter(at__lte=until).order_by("at")
            ids = list(old.select_for_update(skip_locked=True).values_list("pk", flat=True)[:batch])
            KeptAnswer.objects.filter(pk__in=ids).delete()
        done += len(ids)
        if len(ids) < batch:
            return done


def _hold(subject: str) -> bool:
    """Whether nobody else holds it; held until the transaction ends."""
    digest = hashlib.sha256(f"klingdesk.answers:{subject}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
