"""Which section of the help belongs to which page.

A topic is the anchor of a section. Where several roles' pages have it, a person is shown that of
their own role.
"""

from __future__ import annotations

from collections.abc import Mapping

TOPICS: Mapping[str, tuple[str, ...]] = {
    "search": ("console", "console_search", "console_question"),
    "flow": ("console_contact", "contact_pass_on", "console_parked"),
    "waiting": ("intake",),
    "day": ("advisor_day",),
    "queue": ("queue", "queue_bulk"),
    "ticket": ("ticket",),
    "leave": ("advisors", "advisor"),
    "reports": (
        *("sla_report", "sla_report_tickets", "report_groups", "report_contacts"),
        *("report_contact_list", "report_handovers", "report_knowledge", "report_search_list"),
    ),
    "forecast": ("forecast",),
    "exports": ("exports", "weekly_report"),
    "contacts": ("contacts",),
    "calendar": (
        *("calendar", "calendar_day", "calendar_notice", "calendar_year"),
        *("sla_policies", "sla_policy", "promise_changes", "promise_change"),
    ),
    "routing": ("routing", "routing_rule_new", "routing_rule"),
    "room": ("kb_room", "kb_standardquestion_changelist"),
    "question": (
        *("kb_standardquestion_add", "kb_standardquestion_change"),
        *("kb_question_revisions", "kb_question_compare", "kb_question_revision"),
    ),
    "open-questions": ("kb_open_questions", "kb_open_question_new", "kb_open_question"),
    "flows": (
        *("kb_flows", "kb_flow", "kb_flow_new", "kb_flow_form", "kb_flow_form_new"),
        *("kb_flow_form_step", "kb_flow_diagram", "kb_flow_try", "kb_flow_compare"),
        *("kb_flow_versions", "kb_flow_version"),
    ),
    "imports": ("kb_imports", "kb_import"),
    "gaps": ("kb_gaps", "kb_synonym_changelist", "kb_synonym_add", "kb_synonym_change"),
    "inbox": ("inbox", "notice_settings"),
    "login": ("account", "account_two_step", "account_tokens", "password_change"),
    "people": ("auth_user_changelist", "auth_user_change", "auth_user_add", "person_login"),
    "lockouts": ("lockouts",),
    "webhooks": ("webhooks", "webhook", "dead_letters", "subscriptions", "subscription"),
}

TOPIC_OF: Mapping[str, str] = {page: topic for topic, pages in TOPICS.items() for page in pages}
