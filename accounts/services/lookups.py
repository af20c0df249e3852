"""How many accounts somebody may look up: a masked ID leaves a few digits open, to be tried out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.services.rates import Rate, permits
from klingdesk.core.account_id import AccountIdError, parse_account_id
from klingdesk.core.errors import DeskError

WINDOW = 3_600
"""Seconds."""


class TooManyLookups(DeskError):
    """``seconds`` until the next one."""

    code = "throttled"

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        text = _("You have looked up too many accounts. Wait %(minutes)s minutes, then look again.")
        super().__init__(text % {"minutes": -(-seconds // 60)})


IN_CONTACTS = 2
"""So many times as often in contacts: an ID is looked up again and again while it is typed."""


def count_lookup(*, user: Any, typed: str, now: datetime, in_contact: bool = False) -> None:
    """To be called before tickets are looked for by what was typed, if that is a whole account ID.

    ``TooManyLookups`` when ``user`` has used up the hour's ``KLINGDESK_ACCOUNT_LOOKUPS``, on pages
    and in the API together; ``in_contact``: those of the user in a contact, which are counted for
    themselves, so that looking for tickets ends no agent's work.
    """
    limit = settings.KLINGDESK_ACCOUNT_LOOKUPS * (IN_CONTACTS if in_contact else 1)
    try:
        parse_account_id(typed)
    except AccountIdError:
        return
    if not limit:
        return
    rate = Rate.in_blocks(limit, WINDOW)
    book = "account-lookups-in-contacts" if in_contact else "account-lookups"
    permit = permits.take(f"{book}:{user.pk}", rate, now=now.timestamp())
    if not permit.granted:
        raise TooManyLookups(permit.reset)
