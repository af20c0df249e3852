"""Where decision flows lead: the title of the flow, then the team or the tags of its end."""

from __future__ import annotations

from django.db.models import Case, CharField, F, Func, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat, StrIndex, Substr

from kb.models import Flow
from tickets.models import Team


def outcome_name() -> Concat:
    """An expression over ``FlowOutcome``: ``charged-twice/billing`` becomes the flow's title and
    the team's name. What has no such row any more keeps its code: reports outlive flows."""
    flow = _part(1)
    end = Substr(F("code"), StrIndex(F("code"), Value("/")) + 1)
    titles = Flow.objects.order_by().filter(key=_part(1, outer=True)).values("title")[:1]
    teams = Team.objects.order_by().filter(slug=_part(2, outer=True)).values("name")[:1]
    return Concat(
        Coalesce(Subquery(titles), flow),
        Case(
            When(
                code__contains="/",
                then=Concat(Value(" → "), Coalesce(Subquery(teams), end)),
            ),
            default=Value(""),
            output_field=CharField(),
        ),
        output_field=CharField(),
    )


def _part(number: int, *, outer: bool = False) -> Func:
    code = OuterRef("code") if outer else F("code")
    return Func(code, Value("/"), Value(number), function="split_part", output_field=CharField())
