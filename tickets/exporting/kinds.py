"""The tables that may leave the desk."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from klingdesk.core.roles import Role
from tickets.exporting.desk_tables import contact_table, search_table, ticket_table
from tickets.exporting.report_tables import (
    behind_contacts,
    behind_searches,
    behind_tickets,
    report_table,
)
from tickets.exporting.tables import Kind

_MANAGERS = frozenset({Role.MANAGER})

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Kind(
                "tickets",
                _("Tickets"),
                frozenset({Role.AGENT, Role.ADVISOR, Role.MANAGER}),
                ticket_table,
            ),
            Kind(
                "consultations",
                _("Contacts"),
                frozenset({Role.AGENT, Role.MANAGER}),
                contact_table,
            ),
            Kind("searches", _("Searches"), frozenset({Role.EDITOR, Role.MANAGER}), search_table),
            Kind("report", _("Report"), _MANAGERS, report_table),
            Kind("report_tickets", _("Tickets of a report"), _MANAGERS, behind_tickets),
            Kind("report_contacts", _("Contacts of a report"), _MANAGERS, behind_contacts),
            Kind("report_searches", _("Searches of a report"), _MANAGERS, behind_searches),
        )
    }
)
