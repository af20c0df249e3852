from __future__ import annotations

from django.urls import URLPattern, path

from tickets.admin import report

urlpatterns: list[URLPattern] = [
    path("reports/sla/", report.sla_report_page, name="sla_report"),
    path("reports/sla/tickets/", report.sla_tickets_page, name="sla_report_tickets"),
]
