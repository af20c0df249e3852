"""The report on the promise over HTTP; what each number means is told in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.strict import StrictSerializer, Text
from kb.models import Category, StandardQuestion
from klingdesk.core.roles import Role
from tickets.exporting.files import MEDIA_TYPES, open_file
from tickets.models import FlowOutcome, Team
from tickets.reports.ages import BANDS
from tickets.reports.backlog import Backlog, backlog
from tickets.reports.measures import HOURS, PERCENTILES
from tickets.reports.narrowing import TIMES, GroupBy, ReportScope
from tickets.reports.period import Period, read_period, today_at
from tickets.reports.provisional import promises_now_provisional
from tickets.reports.query import GROUPS
from tickets.reports.reading import read_only
from tickets.reports.tables import Row, Table
from tickets.reports.tallying import Tally
from tickets.reports.ticket_numbers import ticket_numbers

JSON, CSV, XLSX = "json", "csv", "xlsx"
CONTACT = ("handed_over", "met", "breached", "open_in_time")
SOLUTION = ("resolve_promised", "resolve_met", "resolve_breached", "resolve_open_in_time")
CAUSES = ("assignment", "contact", "user", "details")


@extend_schema_field({"type": "string", "format": "date"})
class DayText(Text):
    """A date as typed; the period's own rules read it.

    Its default is called: an empty text is no date that the OpenAPI document could show.
    """


class ReportParameters(StrictSerializer):
    to = DayText(required=False, default=str, max_length=10, help_text="Last day; today.")
    group_by = serializers.ChoiceField(
        [group.value for group in GROUPS], default=GroupBy.QUESTION.value
    )

    def get_fields(self) -> dict[str, Any]:
        """With ``from`` and ``format``, which a serializer does not allow as names."""
        first = DayText(
            source="first",
            required=False,
            default=str,
            max_length=10,
            help_text="First day, by hand-over; 30 days in all unless told.",
        )
        form = serializers.ChoiceField(
            [JSON, CSV, XLSX],
            source="file_format",
            default=JSON,
            help_text="`csv` and `xlsx` hold the groups, a line each, and their total.",
        )
        return {"from": first, "format": form, **super().get_fields()}


class HoursBody(serializers.Serializer[Any]):
    """Whole working hours within which so many per cent were served; null without any."""

    def get_fields(self) -> dict[str, Any]:
        return {f"p{each}": serializers.IntegerField(allow_null=True) for each in PERCENTILES}


class CountsBody(serializers.Serializer[Any]):
    handed_over = serializers.IntegerField()
    met = serializers.IntegerField()
    breached = serializers.IntegerField()
    open_in_time = serializers.IntegerField()
    attainment = serializers.FloatField(
        allow_null=True, help_text="met / (met + breached); null while nothing is decided."
    )
    resolve_promised = serializers.IntegerField()
    resolve_met = serializers.IntegerField()
    resolve_breached = serializers.IntegerField()
    resolve_open_in_time = serializers.IntegerField()
    resolve_attainment = serializers.FloatField(allow_null=True)
    contact_hours = HoursBody()
    resolve_hours = HoursBody()


class GroupBody(CountsBody):
    key = serializers.CharField(
        allow_null=True,
        help_text="Key, slug, user name, code or first day; null: no team, nobody, no flow.",
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class AgeBody(serializers.Serializer[Any]):
    least = serializers.IntegerField(help_text="Working days.")
    most = serializers.IntegerField(allow_null=True)
    open = serializers.IntegerField()
    breached = serializers.IntegerField()


class CauseBody(serializers.Serializer[Any]):
    waiting_for = serializers.ChoiceField(CAUSES)
    breached = serializers.IntegerField(help_text="Promised answers.")
    resolve_breached = serializers.IntegerField(help_text="Solutions.")


class ReportBody(CountsBody):
    """`open`, `open_breached` and `ages` are of now, whatever the period."""

    to = serializers.DateField()
    as_of = serializers.DateTimeField(
        allow_null=True,
        help_text="What happened until then is counted; null: nothing was ever counted.",
    )
    group_by = serializers.CharField()
    open = serializers.IntegerField()
    open_breached = serializers.IntegerField()
    provisional = serializers.BooleanField(help_text="A holiday notice may still change dates.")
    ages = AgeBody(many=True)
    causes = CauseBody(many=True)
    groups = GroupBody(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(source="first"), **super().get_fields()}


class SlaReportView(DeskView):
    roles = frozenset({Role.MANAGER})

    @operation(
        "How the promise is kept",
        parameters=[ReportParameters],
        ok={
            200: ReportBody,
            **{(200, each): OpenApiTypes.BINARY for each in MEDIA_TYPES.values()},
        },
        scope="reports:read",
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = self.query(ReportParameters)
        now = timezone.now()
        period = read_period(asked["first"], asked["to"], today=today_at(now))
        scope = ReportScope(user=request.user, period=period)
        with read_only():
            table = ticket_numbers(scope=scope, group_by=GroupBy(asked["group_by"]), now=now)
            names = _names(table)
            if asked["file_format"] != JSON:
                return _file(table, names, period, asked["file_format"])
            body = report_body(
                table, names, period, backlog(scope=scope, now=now), promises_now_provisional(now)
            )
        return Response(body)


def report_body(
    table: Table, names: Mapping[Any, str], period: Period, open_now: Backlog, promised: bool
) -> dict[str, Any]:
    """The report, with the names that the rest of the API uses in place of primary keys.

    ``promised``: the date that a user is told now is provisional.
    """
    numbers = open_now.numbers
    return dict(
        ReportBody(
            {
                **_counts(table.total),
                "first": period.first,
                "to": period.last,
                "as_of": table.as_of,
                "group_by": table.group_by.value,
                "open": numbers["open"],
                "open_breached": numbers["open_breached"],
                "provisional": promised or numbers["open_provisional"] > 0,
                "ages": [
                    {
                        "least": band.least,
                        "most": band.most,
                        "open": numbers[f"open_age_{band.code}"],
                        "breached": numbers[f"open_age_{band.code}_breached"],
                    }
                    for band in BANDS
                ],
                "causes": [
                    {
                        "waiting_for": cause,
                        "breached": table.total.numbers[f"breached_by_{cause}"],
                        "resolve_breached": table.total.numbers[f"resolve_breached_by_{cause}"],
                    }
                    for cause in CAUSES
                ],
                "groups": [
                    {**_counts(row.tally), "key": names.get(row.key), "label": row.label}
                    for row in _with_tickets(table)
                ],
            }
        ).data
    )


def _with_tickets(table: Table) -> list[Row]:
    """Groups with hand-overs; days without any are left out."""
    return [row for row in table.rows if row.tally.numbers["handed_over"]]


def _counts(tally: Tally) -> dict[str, Any]:
    hours = {
        code: {f"p{percent}": tally.percentiles[code][percent] for percent in PERCENTILES}
        for code in HOURS
    }
    return {
        **{code: tally.numbers[code] for code in (*CONTACT, *SOLUTION)},
        "attainment": tally.share("attainment"),
        "resolve_attainment": tally.share("resolve_attainment"),
        **hours,
    }


def _flat(tally: Tally) -> dict[str, Any]:
    """``_counts`` in one level, for the columns of a file."""
    found = _counts(tally)
    for code in HOURS:
        found |= {f"{code}_{name}": value for name, value in found.pop(code).items()}
    return found


def _file(table: Table, names: Mapping[Any, str], period: Period, file_format: str) -> HttpResponse:
    """The groups as a file; its columns are named like the fields of the JSON."""
    columns = ["key", "label", *_flat(table.total)]
    with TemporaryDirectory(prefix="klingdesk-report-") as folder:
        path = Path(folder) / f"report.{file_format}"
        file = open_file(file_format, path, columns)
        for row in _with_tickets(table):
            file.write([names.get(row.key), row.label, *_flat(row.tally).values()])
        file.write(["total", "", *_flat(table.total).values()])
        file.close()
        content = path.read_bytes()
    name = f"klingdesk-sla-{period.first}-{period.last}-{table.group_by.value}.{file_format}"
    return HttpResponse(
        content,
        content_type=MEDIA_TYPES[file_format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


_NAMES: Mapping[GroupBy, Any] = {
    GroupBy.QUESTION: lambda: StandardQuestion.objects.values_list("pk", "key"),
    GroupBy.CATEGORY: lambda: Category.objects.values_list("pk", "slug"),
    GroupBy.TEAM: lambda: Team.objects.values_list("pk", "slug"),
    GroupBy.ASSIGNEE: lambda: get_user_model().objects.values_list("pk", "username"),
    GroupBy.AGENT: lambda: get_user_model().objects.values_list("pk", "username"),
    GroupBy.OUTCOME: lambda: FlowOutcome.objects.values_list("pk", "code"),
}


def _names(table: Table) -> Mapping[Any, str]:
    """Public names of the groups by their keys, with at most one statement."""
    keys: list[int | date] = [row.key for row in table.rows if row.key is not None]
    if table.group_by in TIMES:
        return {key: key.isoformat() for key in keys if isinstance(key, date)}
    return dict(_NAMES[table.group_by]().filter(pk__in=keys))
