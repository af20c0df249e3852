"""API tokens on the pages of logins: the list, and the form that makes one."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.scope_words import SCOPE_WORDS
from accounts.scopes import in_order
from accounts.selectors.tokens import tokens_of
from accounts.services.tokens import MOST_NAME, make_token, open_scopes, revoke_token
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import is_bot


@dataclass(frozen=True, slots=True)
class WantedToken:
    """What was typed, and the token itself, or why there is none."""

    name: str = ""
    days: str = ""
    scopes: Collection[str] = ()
    token: str = ""
    errors: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def tokens_context(user: Any, address: str, wanted: WantedToken | None) -> dict[str, Any]:
    """For ``_tokens.html``; its forms are sent to ``address``.

    Of a person's what only reads is chosen beforehand: whoever wants a token to change something
    says so. A program that answers users is made for the few that it may have.
    """
    allowed = in_order(open_scopes(user))
    usual = [scope for scope in allowed if scope.endswith(":read") or is_bot(user)]
    chosen = wanted.scopes if wanted is not None and wanted.errors else usual
    return {
        "tokens": list(tokens_of(user)),
        "tokens_url": address,
        "wanted": wanted,
        "most_name": MOST_NAME,
        "most_days": settings.KLINGDESK_TOKEN_MOST_DAYS,
        "usual_days": min(settings.KLINGDESK_TOKEN_DAYS, settings.KLINGDESK_TOKEN_MOST_DAYS),
        "scopes": [
            (scope.value, words, scope.value in chosen)
            for scope, words in SCOPE_WORDS.items()
            if scope.value in allowed
        ],
    }


def deal_with_token(request: HttpRequest, *, user: Any) -> WantedToken | None:
    """Do what was posted about a token of ``user``: ``revoke``, or make one.

    None when one was revoked; ``NotAllowed`` when the token is not theirs to deal with.
    """
    if reference := request.POST.get("revoke", ""):
        if revoke_token(user=user, acting_user=request.user, reference=reference[:40]):
            messages.success(request, _("The token is revoked. It opens nothing any more."))
        else:
            messages.info(request, _("That token had ended already."))
        return None
    typed = WantedToken(
        name=request.POST.get("name", "").strip()[: MOST_NAME + 1],
        days=request.POST.get("days", "").strip()[:6],
        scopes=tuple(request.POST.getlist("scopes")[:100]),
    )
    days = int(typed.days) if re.fullmatch(r"[0-9]{1,5}", typed.days, re.ASCII) else 0
    try:
        _row, token = make_token(
            user=user, acting_user=request.user, name=typed.name, scopes=typed.scopes, days=days
        )
    except Invalid as wrong:
        return WantedToken(typed.name, typed.days, typed.scopes, errors=wrong.fields)
    return WantedToken(typed.name, token=token)
