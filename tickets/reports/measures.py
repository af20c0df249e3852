"""Every number of the reports by its code; each is defined once and told in docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tickets.reports.backlog_measures import BACKLOG_MEASURES
from tickets.reports.contact_measures import (
    CONTACT_MEASURES,
    CONTACT_SHARES,
    SEARCH_MEASURES,
    SEARCH_SHARES,
)
from tickets.reports.measuring import PERCENTILES, About, Hours, Measure, Share, by_code
from tickets.reports.ticket_measures import HOURS, TICKET_MEASURES, TICKET_SHARES

__all__ = ["HOURS", "MEASURES", "PERCENTILES", "SHARES", "About", "Hours", "Measure", "Share"]

MEASURES: Mapping[str, Measure] = MappingProxyType(
    by_code([*TICKET_MEASURES, *BACKLOG_MEASURES, *CONTACT_MEASURES, *SEARCH_MEASURES])
)

SHARES: Mapping[str, Share] = MappingProxyType(
    {share.code: share for share in (*TICKET_SHARES, *CONTACT_SHARES, *SEARCH_SHARES)}
)
