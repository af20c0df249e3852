"""``Idempotency-Key``: every POST of the API may carry one, and is then done at most once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models.answer import MOST_KEY
from accounts.services.answers import Answer, keep_answer, kept_answer
from klingdesk.core.errors import Conflict

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_HEADERS = ("ETag", "Location")
_KEY = re.compile(rf"[!-~]{{1,{MOST_KEY}}}")


def answer_once(
    request: Request,
    do: Callable[[], Response],
    *,
    may_recall: Callable[[Any], None],
    is_shown_once: bool = False,
) -> Response:
    """What ``do`` answers; with a key that was answered before, that answer again.

    The key and the answer are committed with the work. Whatever ``do`` raises undoes all of it.
    ``may_recall`` gets the body of before and raises ``NotFound`` when it is not for the caller
    any more. ``is_shown_once``: no body is kept, and the same key gives ``Conflict``.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return do()
    if not _KEY.fullmatch(key):
        text = _("Send 1 to %(most)d characters of plain ASCII, without spaces.")
        raise ValidationError({HEADER: [text % {"most": MOST_KEY}]})
    asked = _fingerprint(request)
    with transaction.atomic():
        known = kept_answer(user=request.user, key=key, request=asked)
        if known is not None:
            return _again(known, may_recall, is_shown_once=is_shown_once)
        response = do()
        answer = Answer(response.status_code) if is_shown_once else _of(response)
        keep_answer(user=request.user, key=key, request=asked, answer=answer, now=timezone.now())
    return response


def _fingerprint(request: Request) -> str:
    """Of method, address and body; how the JSON is spaced and ordered makes no difference."""
    data: Any = request.data
    body = json.dumps(dict(data) if hasattr(data, "lists") else data, sort_keys=True)
    whole = f"{request.method} {request.get_full_path()}\n{body}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _of(response: Response) -> Answer:
    body = "" if response.data is None else JSONRenderer().render(response.data).decode()
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    return Answer(response.status_code, body, headers)


def _again(known: Answer, may_recall: Callable[[Any], None], *, is_shown_once: bool) -> Response:
    data = json.loads(known.body) if known.body else None
    # An answer without a body tells nothing, and is the one that says: it has left your sight.
    if data is not None or is_shown_once:
        may_recall(data)
    if is_shown_once:
        raise Conflict(
            _("This was shown once, and is not kept. Ask for it anew, with a new key."),
            code="shown_once",
        )
    return Response(data, status=known.status, headers={**known.headers, REPLAYED: "true"})
