"""The standing of an answer in words, with the chip that shows it."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from kb.rules.lifecycle import Standing


class StandingChip(NamedTuple):
    label: Any
    style: str
    """Class of the chip; empty for the plain one."""


CHIPS: dict[Standing, StandingChip] = {
    Standing.DRAFT: StandingChip(_("Draft"), ""),
    Standing.IN_REVIEW: StandingChip(_("In review"), "desk-chip--info"),
    Standing.UNRELEASED: StandingChip(_("Not released"), "desk-chip--warn"),
    Standing.SCHEDULED: StandingChip(_("Not effective yet"), "desk-chip--info"),
    Standing.IN_FORCE: StandingChip(_("In force"), "desk-chip--ok"),
    Standing.EXPIRED: StandingChip(pgettext_lazy("an answer", "Expired"), "desk-chip--bad"),
    Standing.RETIRED: StandingChip(_("Retired"), ""),
}
