"""Addresses of routing rules and advisors."""

from __future__ import annotations

from django.urls import path

from tickets.admin import advisor_pages, routing_pages

urlpatterns = [
    path("routing/", routing_pages.rules, name="routing"),
    path("routing/new/", routing_pages.rule_new, name="routing_rule_new"),
    path("routing/<int:rule_id>/", routing_pages.rule_page, name="routing_rule"),
    path("routing/<int:rule_id>/act/", routing_pages.rule_act, name="routing_rule_act"),
    path("advisors/", advisor_pages.advisors, name="advisors"),
    path("advisors/<int:person_id>/", advisor_pages.advisor, name="advisor"),
    path("tickets/routingrule/", routing_pages.former_list, name="routing_former"),
]
