"""What went wrong on the way, in the reader's language.

Errors are kept in plain English, in rows and logs; what a server said of its own stays as it is.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from notices.rules.targets import Refusal

REFUSALS: dict[Refusal, Any] = {
    Refusal.EMPTY: _("Enter the address."),
    Refusal.TOO_LONG: _("This address is too long."),
    Refusal.CHARACTERS: _("Write the address without blanks and in Latin letters."),
    Refusal.SCHEME: _("The address begins with https://."),
    Refusal.HTTPS_ONLY: _("Only https:// is sent to; an operator can allow a host without."),
    Refusal.CREDENTIALS: _("Leave user name and password out of the address."),
    Refusal.HOST: _("This is no host name."),
    Refusal.PORT: _("This port is not called. Allowed are 80, 443, 8080 and 8443."),
    Refusal.FRAGMENT: _("Leave out what follows the # sign."),
    Refusal.ADDRESS: _("This address is not public. An operator can allow it."),
}

ERRORS: dict[str, Any] = {
    **{f"refused: {why.value}": words for why, words in REFUSALS.items()},
    "no answer in time": _("The target did not answer in time."),
    "its certificate is not valid": _("The certificate of the target is not valid."),
    "no secure connection could be made": _("No secure connection could be made."),
    "the connection was refused": _("The target refused the connection."),
    "the connection broke off": _("The connection broke off."),
    "its answer is no HTTP": _("What answers there is no web server."),
    "the name is unknown": _("The host name is unknown."),
    "the name has no address": _("The host name is unknown."),
    "the name could not be looked up in time": _("The host name could not be looked up in time."),
    "the robot's answer cannot be read": _("The answer of the robot cannot be read."),
    "the desk's key has changed: enter the address anew": _(
        "The key of the desk has changed: enter the address and the secret anew."
    ),
    "e-mail is not configured: set KLINGDESK_EMAIL_URL": _(
        "E-mail is not configured on this desk yet. Tell whoever runs it."
    ),
    "the mail server refuses the recipient": _("The mail server refuses the recipient."),
    "it could not be put into words": _("The desk could not put it into words; see its log."),
    "the sender died in every attempt": _("The sender died in every attempt; see its log."),
}
DOWN_SINCE = "nothing got through since "


def in_error_words(text: str) -> str:
    """``text`` translated as far as it is ours."""
    if text.startswith(DOWN_SINCE):
        since = text.removeprefix(DOWN_SINCE)
        return gettext("Nothing got through there since %(since)s.") % {"since": since}
    return str(ERRORS.get(text, text))
