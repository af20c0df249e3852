"""The SLA report over HTTP; what each number means is told in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kb.api.base import DeskView
from kb.api.contract import operation
from kb.api.strict import StrictSerializer, Text
from kb.models import StandardQuestion
from klingdesk.core.roles import Role
from tickets.models import Team
from tickets.reports.groups import GroupBy, GroupRow
from tickets.reports.period import read_period, today_at
from tickets.reports.reading import read_only
from tickets.reports.scope import Scope
from tickets.reports.sla import SlaReport, sla_report


@extend_schema_field({"type": "string", "format": "date"})
class DayText(Text):
    """A date as typed; the period's own rules read it."""


class ReportQuery(StrictSerializer):
    to = DayText(required=False, default="", max_length=10, help_text="Last day; today.")
    group_by = serializers.ChoiceField(
        [group.value for group in GroupBy], default=GroupBy.QUESTION.value
    )

    def get_fields(self) -> dict[str, Any]:
        """With ``from``, which Python does not allow as a name."""
        first = DayText(
            source="first",
            required=False,
            default="",
            max_length=10,
            help_text="First day, by hand-over; 30 days in all unless told.",
        )
        return {"from": first, **super().get_fields()}


class CountsBody(serializers.Serializer[Any]):
    handed_over = serializers.IntegerField()
    met = serializers.IntegerField()
    breached = serializers.IntegerField()
    open_in_time = serializers.IntegerField()
    attainment = serializers.FloatField(
        allow_null=True, help_text="met / (met + breached); null while nothing is decided."
    )


class GroupBody(CountsBody):
    key = serializers.CharField(
        allow_null=True, help_text="Key, slug, user name or date; null: no team, nobody."
    )
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class AgeBody(serializers.Serializer[Any]):
    least = serializers.IntegerField(source="band.least", help_text="Working days.")
    most = serializers.IntegerField(source="band.most", allow_null=True)
    open = serializers.IntegerField()
    breached = serializers.IntegerField()


class ReportBody(CountsBody):
    """`open` and `ages` are of now, whatever the period."""

    to = serializers.DateField()
    group_by = serializers.CharField()
    open = serializers.IntegerField()
    open_breached = serializers.IntegerField()
    provisional = serializers.BooleanField(help_text="A holiday notice may still change dates.")
    ages = AgeBody(many=True)
    groups = GroupBody(many=True)

    def get_fields(self) -> dict[str, Any]:
        return {"from": serializers.DateField(source="first"), **super().get_fields()}


class SlaReportView(DeskView):
    roles = frozenset({Role.MANAGER})

    @operation("How the promise is kept", parameters=[ReportQuery], ok={200: ReportBody})
    def get(self, request: Request) -> Response:
        asked = self.query(ReportQuery)
        now = timezone.now()
        scope = Scope(
            user=request.user, period=read_period(asked["first"], asked["to"], today=today_at(now))
        )
        with read_only():
            report = sla_report(scope=scope, group_by=GroupBy(asked["group_by"]), now=now)
            body = report_body(report)
        return Response(body)


def report_body(report: SlaReport) -> dict[str, Any]:
    """The report, with the names that the rest of the API uses in place of primary keys."""
    names = _names(report.group_by, [row.key for row in report.groups])
    groups = [
        {**_counts(row), "key": names.get(row.key), "label": row.label} for row in report.groups
    ]
    return dict(
        ReportBody(
            {
                **report.numbers,
                "attainment": report.attainment,
                "first": report.period.first,
                "to": report.period.last,
                "group_by": report.group_by.value,
                "provisional": report.provisional,
                "ages": report.ages,
                "groups": groups,
            }
        ).data
    )


def _counts(row: GroupRow) -> dict[str, Any]:
    return {
        "handed_over": row.handed_over,
        "met": row.met,
        "breached": row.breached,
        "open_in_time": row.open_in_time,
        "attainment": row.attainment,
    }


def _names(group_by: GroupBy, keys: list[Any]) -> Mapping[Any, str | None]:
    """Public names of the groups by their keys, with at most one statement."""
    if group_by is GroupBy.DAY:
        return {key: key.isoformat() for key in keys}
    rows: Any = {
        GroupBy.QUESTION: StandardQuestion.objects.values_list("pk", "key"),
        GroupBy.TEAM: Team.objects.values_list("pk", "slug"),
        GroupBy.ASSIGNEE: get_user_model().objects.values_list("pk", "username"),
    }[group_by]
    return dict(rows.filter(pk__in=[key for key in keys if key is not None]))
