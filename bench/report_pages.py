"""The pages of the reports over two years, as a manager asks for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from bench.timing import must

YEARS = timedelta(days=730)


def report_pages() -> dict[str, Callable[[], Any]]:
    """Every page of figures by everything that it can be grouped by, beside the two years before;
    the lists behind numbers that many tickets are behind; and the forecast."""
    from django.contrib.auth import get_user_model
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from tickets.admin import report
    from tickets.reports.period import today_at

    client = Client(headers={"accept-language": "zh-hans"})
    client.force_login(get_user_model().objects.get(username="manager"))
    today = today_at(timezone.now())
    years = f"from={today - YEARS}&to={today}"

    def page(name: str, query: str) -> Callable[[], Any]:
        return partial(_look, client, f"{reverse(f'admin:{name}')}?{query}")

    calls = {
        "page: overview": page(report.OVERVIEW.name, years),
        "page: forecast": page("forecast", ""),
    }
    for each in (report.GROUPS, report.CONTACT_PAGE, report.HANDOVERS, report.KNOWLEDGE):
        for group in each.groups:
            query = f"{years}&group={group.value}"
            calls[f"page: {each.name} by {group.value}"] = page(each.name, query)
    for metric in ("tickets", "breached", "open_breached"):
        query = f"{years}&metric={metric}"
        calls[f"page: list of {metric}"] = page("sla_report_tickets", query)
    query = f"{years}&metric=contacts_escalated"
    calls["page: list of contacts"] = page("report_contact_list", query)
    query = f"{years}&metric=searches_nothing"
    calls["page: list of searches"] = page("report_search_list", query)
    return calls


def _look(client: Any, path: str) -> None:
    answer = client.get(path)
    must(answer.status_code == 200, f"{path}: {answer.status_code}")
    must(answer.content, f"{path} is empty")
