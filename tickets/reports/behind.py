"""The rows behind each number: as many as it says, by the very same definition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, F, IntegerField, Model, Q, QuerySet, Value, When

from kb.models import LoggedSearch, StandardQuestion
from klingdesk.core.roles import Role, roles_of
from tickets.models import ContactFact, TicketFact
from tickets.models.labels import OPEN_STATUSES
from tickets.reports.ages import Range
from tickets.reports.backlog import Bounds, bounds_at
from tickets.reports.contact_measures import CONTACT_CODES, SearchFlag
from tickets.reports.measures import About, Measure
from tickets.reports.narrowing import NARROWING, NOBODY, ReportScope
from tickets.reports.ticket_numbers import keys_of
from tickets.rules.fact_profile import CONTACT_SHIFT, OVERDUE, RESOLVE_SHIFT, Fate, Pattern

_CONTACT_BITS, _RESOLVE_BITS = 7 << CONTACT_SHIFT, 7 << RESOLVE_SHIFT


def metric_tickets(*, measure: Measure, scope: ReportScope, now: datetime) -> QuerySet[TicketFact]:
    """What a measure of tickets or of the backlog counts, the latest hand-over first.

    Call within ``reading.read_only``. Empty for whoever is no manager. ``ValueError`` for a
    measure of something else.
    """
    rows: QuerySet[TicketFact] = TicketFact.objects.all()
    if not _may_read(scope):
        return rows.none()
    rows = rows.filter(_narrowed(scope.only_by(*NARROWING)))
    if measure.about is About.BACKLOG:
        rows = _with_live(rows.filter(status__in=list(OPEN_STATUSES), settled=False), now)
        rows = rows.annotate(
            contact_now=F("live").bitand(_CONTACT_BITS),
            resolve_now=F("live").bitand(_RESOLVE_BITS),
        )
        rows = rows.filter(_backlog(measure.code, bounds_at(now)))
    elif measure.about is About.TICKETS and measure.pattern is not None:
        rows = _with_live(_of_period(rows, scope), now)
        rows = _matching(rows, F("live"), measure.pattern)
    else:
        raise ValueError(f"{measure.code} counts no tickets")
    return rows.select_related("question", "team", "assignee", "agent", "outcome").order_by(
        "-day", "-created_at", "-ticket_id"
    )


def metric_contacts(
    *, measure: Measure, scope: ReportScope, now: datetime
) -> QuerySet[ContactFact]:
    """What a measure of contacts counts, the latest first; otherwise as ``metric_tickets``."""
    rows: QuerySet[ContactFact] = ContactFact.objects.all()
    if not _may_read(scope):
        return rows.none()
    if measure.about is not About.CONTACTS or measure.pattern is None:
        raise ValueError(f"{measure.code} counts no contacts")
    pattern = measure.pattern
    wanted = [outcome for outcome, code in CONTACT_CODES.items() if pattern.matches(code)]
    return (
        _of_period(rows, scope)
        .filter(_narrowed(scope.only_by("question", "category", "agent")), outcome__in=wanted)
        .select_related("question", "agent")
        .order_by("-day", "-started_at", "-contact_id")
    )


def metric_searches(
    *, measure: Measure, scope: ReportScope, now: datetime
) -> QuerySet[LoggedSearch]:
    """What a measure of searches counts, as far as the log still has it, the latest first."""
    rows: QuerySet[LoggedSearch] = LoggedSearch.objects.all()
    if not _may_read(scope):
        return rows.none()
    if measure.about is not About.SEARCHES or measure.pattern is None:
        raise ValueError(f"{measure.code} counts no searches")
    keys, _category_of = keys_of(scope.only_by("question", "category"), by_category=False)
    if "question" in keys:
        known = StandardQuestion.objects.order_by()
        opened = Q(chosen__in=known.filter(pk__in=keys["question"]).values("key"))
        if NOBODY in keys["question"]:
            opened |= ~Q(chosen__in=known.values("key"))
        rows = rows.filter(opened)
    period = scope.period
    rows = rows.filter(asked_at__gte=period.starts_at, asked_at__lt=period.ends_at)
    return _matching(rows.annotate(live=_search_code()), F("live"), measure.pattern).order_by(
        "-asked_at", "-pk"
    )


def after_row(rows: QuerySet[Any], pk: int) -> QuerySet[Any]:
    """The part of such a list that follows a row, whether or not that is still in it."""
    columns = [str(name).lstrip("-") for name in rows.query.order_by]
    model: type[Model] = rows.model
    last = model._default_manager.filter(pk=pk).values(*columns).first()
    if last is None:
        return rows.none()
    follows, same = Q(), Q()
    for column in columns:
        follows |= same & Q(**{f"{column}__lt": last[column]})
        same &= Q(**{column: last[column]})
    return rows.filter(follows)


def _may_read(scope: ReportScope) -> bool:
    return Role.MANAGER in roles_of(scope.user)


def _of_period(rows: QuerySet[Any], scope: ReportScope) -> QuerySet[Any]:
    return rows.filter(day__gte=scope.period.first, day__lte=scope.period.last)


def _narrowed(narrowed: Mapping[str, int]) -> Q:
    keys, _category_of = keys_of(narrowed, by_category=False)
    found = Q()
    for name, wanted in keys.items():
        one = Q(**{f"{name}__in": [key for key in wanted if key]})
        found &= one | Q(**{f"{name}__isnull": True}) if NOBODY in wanted else one
    return found


def _with_live(rows: QuerySet[TicketFact], now: datetime) -> QuerySet[TicketFact]:
    """With the profile at ``now`` as ``live``."""
    rows = rows.annotate(
        contact=F("profile").bitand(_CONTACT_BITS), resolve=F("profile").bitand(_RESOLVE_BITS)
    )
    late = When(
        contact=int(Fate.RUNNING << CONTACT_SHIFT),
        due_at__lt=now,
        then=Value(OVERDUE << CONTACT_SHIFT),
    )
    unsolved = When(
        resolve=int(Fate.RUNNING << RESOLVE_SHIFT),
        resolve_due_at__lt=now,
        then=Value(OVERDUE << RESOLVE_SHIFT),
    )
    found: QuerySet[TicketFact] = rows.annotate(
        live=F("profile")
        + Case(late, default=Value(0), output_field=IntegerField())
        + Case(unsolved, default=Value(0), output_field=IntegerField())
    )
    return found


def _matching(rows: QuerySet[Any], code: F, pattern: Pattern) -> QuerySet[Any]:
    if not pattern.mask:
        return rows
    found: QuerySet[Any] = rows.annotate(bits=code.bitand(pattern.mask))
    return found.filter(bits__in=pattern.wanted)


def _search_code() -> Any:
    flags = (
        (~Q(chosen=""), SearchFlag.OPENED),
        (Q(confident=True), SearchFlag.CONFIDENT),
        (Q(results=[]), SearchFlag.NOTHING),
        (Q(retyped=True), SearchFlag.RETYPED),
    )
    parts = [
        Case(When(holds, then=Value(int(flag))), default=Value(0), output_field=IntegerField())
        for holds, flag in flags
    ]
    return parts[0] + parts[1] + parts[2] + parts[3]


def _backlog(code: str, bounds: Bounds) -> Q:
    breached = Q(contact_now=int(Fate.BREACHED << CONTACT_SHIFT))
    if code.startswith("open_age_"):
        band = code.removeprefix("open_age_").removesuffix("_breached")
        found = _within("created_at", bounds.ages[band])
        return found & breached if code.endswith("_breached") else found
    runs = Q(contact__in=[Fate.RUNNING, Fate.BREACHED], answered_at=None)
    if code.startswith("left_contact_"):
        band = code.removeprefix("left_contact_")
        if band == "none":
            return ~runs | Q(due_at=None)
        return runs & _within("due_at", bounds.left_contact[band])
    if code.startswith("left_resolve_"):
        band = code.removeprefix("left_resolve_")
        if band == "none":
            return Q(resolve_due_at=None)
        return _within("resolve_due_at", bounds.left_resolve[band])
    return {
        "open": Q(),
        "open_breached": breached,
        "open_resolve_breached": Q(resolve_now=int(Fate.BREACHED << RESOLVE_SHIFT)),
        "open_provisional": Q(provisional=True),
    }[code]


def _within(column: str, bounds: Range) -> Q:
    since, until = bounds
    found = Q(**{f"{column}__isnull": False})
    if since is not None:
        found &= Q(**{f"{column}__gte": since})
    return found & Q(**{f"{column}__lt": until}) if until is not None else found
