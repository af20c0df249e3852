"""How much each decision flow is walked, for the editors' list of flows."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from kb.flow_usage import FlowUsage
from kb.models import Flow
from tickets.models import FlowRun
from tickets.models.labels import ConsultationStatus

RECENT = timedelta(days=30)


def flow_usage_at(now: datetime) -> dict[str, FlowUsage]:
    """Usage by key of the flow, in one query. A run counts for the flow that it began with.

    Open are the runs of contacts that are not over, however long ago they began.
    """
    runs = FlowRun.objects.filter(version__flow=OuterRef("pk"))
    flows = Flow.objects.annotate(
        recent=_count(runs.filter(started_at__gt=now - RECENT, started_at__lte=now)),
        open_now=_count(runs.filter(consultation__status=ConsultationStatus.OPEN)),
    )
    return {
        key: FlowUsage(runs_30_days=recent, open_now=open_now)
        for key, recent, open_now in flows.values_list("key", "recent", "open_now")
        if recent or open_now
    }


def _count(runs: QuerySet[FlowRun]) -> Coalesce:
    """How many of ``runs``, as a column of the query of which they are a part."""
    counted = runs.order_by().values("version__flow").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
