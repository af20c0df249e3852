"""Edits of the promise are looked at before they are made: first the effect, then the deed.

What is confirmed is exactly what was shown: the page carries a signed digest of the edit together
with the last change of the promise at that time. Anything else typed meanwhile, by this person or
by somebody else, shows the effect again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from klingdesk.core.errors import Conflict
from tickets.models import PromiseChange
from tickets.selectors.promise_preview import ChangePreview
from tickets.selectors.sla import last_change

_SALT = "tickets.promise.shown"
SHOWN_FOR = 3600
"""Seconds. Afterwards other tickets are open than those that were shown."""


@dataclass(frozen=True, slots=True)
class Edit:
    """``draft`` is all that is to be done, as JSON; the rest looks at it and does it.

    ``apply`` takes the instant and the last change that was looked at.
    """

    draft: Mapping[str, Any]
    look: Callable[[datetime], ChangePreview]
    apply: Callable[[datetime, int], PromiseChange]


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit would do. ``shown`` goes back with the confirmation; ``again`` says why a
    confirmation was not taken, empty when there was none."""

    preview: ChangePreview
    shown: str
    again: str

    @property
    def status(self) -> int:
        return 409 if self.again else 200


def look_or_confirm(request: HttpRequest, edit: Edit) -> Effect | PromiseChange:
    """The effect of ``edit``, or the change made when the POST confirms what was shown.

    ``Conflict`` (``unchanged``) and ``Invalid`` of the services stay with the page.
    """
    now, again = timezone.now(), ""
    if "confirm" in request.POST:
        after = _opened(request.POST.get("shown", ""), edit, request.user)
        if after is None:
            again = _("This is not what was shown, or it was shown too long ago: look at it again.")
        else:
            try:
                return edit.apply(now, after)
            except Conflict as conflict:
                if conflict.code != "changed_meanwhile":
                    raise
                again = str(conflict)
    # The number before the effect: a change in between is then noticed at the confirmation.
    after = last_change()
    return Effect(edit.look(now), _sealed(edit, request.user, after), again)


def _sealed(edit: Edit, user: Any, after: int) -> str:
    return signing.dumps([_digest(edit), user.pk, after], salt=_SALT)


def _opened(shown: str, edit: Edit, user: Any) -> int | None:
    """The last change when ``edit`` was shown to ``user``; None when it was not, or long ago."""
    try:
        digest, pk, after = signing.loads(shown, salt=_SALT, max_age=SHOWN_FOR)
    except (signing.BadSignature, ValueError):
        return None
    return int(after) if (digest, pk) == (_digest(edit), user.pk) else None


def _digest(edit: Edit) -> str:
    text = json.dumps(edit.draft, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
