"""The line that tells managers, on the pages where promises are watched, that a year's holiday
notice is missing and how many open tickets depend on it."""

from __future__ import annotations

from django.http import HttpRequest

from klingdesk.core.roles import Role, roles_of
from tickets.selectors.loaded_notices import ProvisionalTickets, provisional_tickets

PAGES = frozenset(
    {
        *("queue", "sla_report", "sla_report_tickets"),
        *("calendar", "calendar_day", "calendar_notice", "calendar_year"),
        *("sla_policies", "sla_policy", "promise_changes", "promise_change"),
    }
)
"""URL names of the pages that show it: the others do not pay for the query."""


def promise_banner(request: HttpRequest) -> ProvisionalTickets | None:
    """Asked once for a request, however often its page is put together."""
    match = request.resolver_match
    if match is None or match.url_name not in PAGES or Role.MANAGER not in roles_of(request.user):
        return None
    if not hasattr(request, "_promise_banner"):
        request._promise_banner = provisional_tickets()  # type: ignore[attr-defined]
    found: ProvisionalTickets | None = request._promise_banner  # type: ignore[attr-defined]
    return found
