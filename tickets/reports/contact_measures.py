"""What is counted of contacts with tier 1 and of searches; told in docs/metrics.md."""

from __future__ import annotations

from enum import IntFlag
from typing import Any

from django.utils.translation import gettext_lazy as _

from tickets.models.labels import ConsultationStatus
from tickets.reports.measuring import About, Measure, Share
from tickets.rules.fact_profile import EVERYTHING, Pattern

CONTACT_CODES = {status.value: 1 << at for at, status in enumerate(ConsultationStatus)}
"""What sums know an outcome by."""


class SearchFlag(IntFlag):
    """What a search was: several of them, or none."""

    OPENED = 1
    CONFIDENT = 2
    NOTHING = 4
    RETYPED = 8


def _contacts(code: str, label: Any, definition: Any, *outcomes: ConsultationStatus) -> Measure:
    codes = tuple(CONTACT_CODES[outcome] for outcome in outcomes)
    pattern = Pattern(sum(CONTACT_CODES.values()), codes) if outcomes else EVERYTHING
    return Measure(code, label, definition, About.CONTACTS, pattern)


CONTACT_MEASURES = (
    _contacts("contacts", _("Contacts"), _("All contacts with tier 1 that began in the period.")),
    _contacts(
        "contacts_open",
        _("Contacts in progress"),
        _("Contacts that began in the period and have not ended, those parked included."),
        ConsultationStatus.OPEN,
    ),
    _contacts(
        "contacts_answered",
        _("Contacts answered"),
        _("Contacts that began in the period and that tier 1 ended as answered."),
        ConsultationStatus.ANSWERED,
    ),
    _contacts(
        "contacts_redirected",
        _("Contacts redirected"),
        _("Contacts that began in the period and were sent to another place that settles them."),
        ConsultationStatus.REDIRECTED,
    ),
    _contacts(
        "contacts_abandoned",
        _("Contacts abandoned"),
        _("Contacts that began in the period and ended without a result: the user left."),
        ConsultationStatus.ABANDONED,
    ),
    _contacts(
        "contacts_escalated",
        _("Contacts handed over"),
        _("Contacts that began in the period and became a ticket."),
        ConsultationStatus.ESCALATED,
    ),
    _contacts(
        "contacts_chased",
        _("Contacts that were chases"),
        _("Contacts that began in the period and asked again about an open ticket."),
        ConsultationStatus.CHASED,
    ),
    _contacts(
        "contacts_settled",
        _("Settled in the first contact"),
        _("Contacts that began in the period and that tier 1 answered or redirected."),
        ConsultationStatus.ANSWERED,
        ConsultationStatus.REDIRECTED,
    ),
    _contacts(
        "contacts_decided",
        _("Contacts with a result"),
        _(
            "Contacts that began in the period and were answered, redirected, handed over or "
            "counted as a chase; without those in progress and those abandoned."
        ),
        ConsultationStatus.ANSWERED,
        ConsultationStatus.REDIRECTED,
        ConsultationStatus.ESCALATED,
        ConsultationStatus.CHASED,
    ),
)


def _searches(code: str, label: Any, definition: Any, pattern: Pattern) -> Measure:
    return Measure(code, label, definition, About.SEARCHES, pattern)


def _with(flag: SearchFlag) -> Pattern:
    return Pattern(int(flag), (int(flag),))


SEARCH_MEASURES = (
    _searches("searches", _("Searches"), _("All searches of the period."), EVERYTHING),
    _searches(
        "searches_opened",
        _("Searches that led to a question"),
        _("Searches of the period after which one of the questions found was opened."),
        _with(SearchFlag.OPENED),
    ),
    _searches(
        "searches_confident",
        _("Searches with a sure answer"),
        _("Searches of the period whose first question was certain enough to be marked so."),
        _with(SearchFlag.CONFIDENT),
    ),
    _searches(
        "searches_nothing",
        _("Searches that found nothing"),
        _("Searches of the period without a single question found."),
        _with(SearchFlag.NOTHING),
    ),
    _searches(
        "searches_retyped",
        _("Searches typed again"),
        _("Searches of the period after which the same person tried other words."),
        _with(SearchFlag.RETYPED),
    ),
)

CONTACT_SHARES = (
    Share(
        "first_contact_resolution",
        _("First-contact resolution"),
        _(
            "Contacts answered or redirected ÷ contacts with a result. Whether the same user came "
            "back is not known: few contacts that are answered name their account."
        ),
        About.CONTACTS,
        ("contacts_settled",),
        ("contacts_decided",),
    ),
    Share(
        "escalation_rate",
        _("Escalation rate"),
        _("Contacts handed over ÷ contacts with a result."),
        About.CONTACTS,
        ("contacts_escalated",),
        ("contacts_decided",),
    ),
    Share(
        "contact_chase_rate",
        _("Share of chases"),
        _("Contacts that were chases ÷ contacts with a result."),
        About.CONTACTS,
        ("contacts_chased",),
        ("contacts_decided",),
    ),
)

SEARCH_SHARES = (
    Share(
        "search_success",
        _("Search success"),
        _("Searches that led to a question ÷ all searches."),
        About.SEARCHES,
        ("searches_opened",),
        ("searches",),
    ),
    Share(
        "search_nothing_rate",
        _("Found nothing"),
        _("Searches that found nothing ÷ all searches."),
        About.SEARCHES,
        ("searches_nothing",),
        ("searches",),
    ),
)
