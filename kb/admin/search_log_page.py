"""Where the console reports what was searched; it answers with a token to go on with."""

from __future__ import annotations

from typing import Any

from django.core.signing import BadSignature, SignatureExpired, dumps, loads
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kb.services.search_log import continue_search, log_search
from klingdesk.core.errors import Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page

CHANNEL = "console"
MOST_TYPED = 400
GOES_ON_SECONDS = 3600
"""So long after it was begun a search can be gone on with; later words begin another one."""

_SALT = "kb.search-log"


@desk_page(Role.AGENT, methods=("POST",))
def log(request: HttpRequest) -> JsonResponse:
    """Keep ``words``, with the ``chosen`` question's key if one was opened.

    ``entry`` is the token of the search that this one goes on from; with ``retyped`` the words
    are another attempt at what that one did not find. Gives the token of what was kept: 201,
    or 400 with messages by field.
    """
    posted = request.POST
    values: dict[str, Any] = {
        "acting_user": request.user,
        "words": posted.get("words", "")[:MOST_TYPED],
        "chosen": posted.get("chosen", ""),
        "now": timezone.now(),
        "channel": CHANNEL,
    }
    try:
        entry_id = _entry_of(posted.get("entry", ""), user=request.user)
        if entry_id is None:
            entry = log_search(**values)
        else:
            attempt = posted.get("retyped") == "1"
            entry = continue_search(**values, entry_id=entry_id, is_another_attempt=attempt)
    except Invalid as error:
        fields = {name: [str(each) for each in texts] for name, texts in error.fields.items()}
        return JsonResponse({"detail": str(error), "errors": fields}, status=400)
    token = dumps([entry.pk, request.user.pk], salt=_SALT)
    return JsonResponse({"entry": token}, status=201)


def _entry_of(token: str, *, user: Any) -> int | None:
    """The entry that a token names; None without one, and for one that is too old.

    A token works for the person alone who was given it: nobody alters what others searched.
    """
    if not token:
        return None
    try:
        entry_id, owner = loads(token, salt=_SALT, max_age=GOES_ON_SECONDS)
    except SignatureExpired:
        return None
    except BadSignature as forged:
        raise _unknown() from forged
    if owner != user.pk:
        raise _unknown()
    return int(entry_id)


def _unknown() -> Invalid:
    return Invalid(
        _("The search was not kept."), fields={"entry": [_("There is no such search of yours.")]}
    )
