"""Why something typed is refused: the words of every code, for the agent.

Source texts with ``%(name)s`` place holders, as in ``kb.flows.findings``: an interface
translates them (``Refusal.told``). What a flow's author wrote instead stays as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.flows.findings import gettext_noop as _
from kb.flows.paths import Translate

WORDS: Mapping[str, str] = {
    "required": _("Please fill this in."),
    "not_text": _("This must be text."),
    "too_long": _("At most %(max)s characters."),
    "not_a_number": _("Write a whole number."),
    "out_of_range": _("Write a number from %(min)s to %(max)s."),
    "not_an_amount": _("Write an amount, for example 66 or 66.50."),
    "amount_too_small": _("At least %(min)s yuan; check it with the user."),
    "amount_too_big": _("At most %(max)s yuan; check it with the user."),
    "unknown_option": _("Choose one of the options."),
    "unknown_field": _("This flow does not ask for it."),
    "not_a_date": _("No day can be seen in this: write it like 2026-11-20."),
    "not_a_datetime": _("Write day and time, for example 2026-11-20 15:30."),
    "year_missing": _("Add the year, for example 2026-11-20."),
    "in_future": _("This time is still to come; check it with the user."),
    "in_past": _("This time is over already; check it with the user."),
    "account_id.empty": _("Ask for the account ID."),
    "account_id.mobile_number": _(
        "This is a mobile number. Users log in with it, but the account ID is another number: "
        "web version, avatar at the top right, below the nickname."
    ),
    "account_id.not_numeric": _(
        "This is a nickname or a custom handle; the account ID has digits only: "
        "web version, avatar at the top right, below the nickname."
    ),
    "account_id.too_short": _("Too short: an account ID has at least %(least)d digits."),
    "account_id.too_long": _(
        "Too long for an account ID (at most %(most)d digits): is it a card or an order number?"
    ),
    "mobile.empty": _("Which number should the advisor call?"),
    "mobile.not_numeric": _("A number to call has digits only."),
    "mobile.no_area_code": _("Add the area code of the landline."),
    "mobile.not_a_phone": _("No mobile or landline number has this form; ask again."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A stable code with its parameters; ``own`` are the words of the flow's author."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)
    own: str | None = None

    def told(self, translate: Translate = str) -> str:
        """The words for the agent in the language of ``translate``."""
        if self.own is not None:
            return self.own
        return translate(WORDS[self.code]) % self.params
