from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin import report, report_lists

urlpatterns: list[URLPattern] = [
    path("reports/sla/", report.sla_report_page, name="sla_report"),
    path("reports/sla/tickets/", report_lists.sla_tickets_page, name="sla_report_tickets"),
    path("reports/groups/", report.groups_page, name="report_groups"),
    path("reports/contacts/", report.contacts_page, name="report_contacts"),
    path("reports/contacts/list/", report_lists.contact_list_page, name="report_contact_list"),
    path("reports/hand-overs/", report.handovers_page, name="report_handovers"),
    path("reports/knowledge/", report.knowledge_page, name="report_knowledge"),
    path("reports/knowledge/searches/", report_lists.search_list_page, name="report_search_list"),
]
