"""What beat sends, and how often: the sweeps that find what no message reached."""

from __future__ import annotations

from typing import Any

from klingdesk import env

_HOUR, _DAY, _WEEK = 3_600, 86_400, 604_800


def beat_schedule() -> dict[str, dict[str, Any]]:
    """Celery's ``beat_schedule``; ``ImproperlyConfigured`` for a variable that is out of bounds."""
    return {
        "forget-what-is-over": _each(_HOUR, "accounts.forget_what_is_over"),
        "anonymise-old-tickets": _each(
            env.number("KLINGDESK_ANONYMISE_SECONDS", _DAY, least=1, most=_WEEK),
            "tickets.anonymise",
        ),
        "route-waiting-tickets": _each(
            env.number("KLINGDESK_ROUTING_SWEEP_SECONDS", 20, least=1, most=_HOUR),
            "tickets.sweep_routing",
        ),
        "fire-sla-alarms": _each(
            env.number("KLINGDESK_SLA_SWEEP_SECONDS", 60, least=1, most=_HOUR),
            "tickets.sweep_sla",
        ),
        "expire-waiting-users": _each(
            env.number("KLINGDESK_INTAKE_SWEEP_SECONDS", 30, least=1, most=_HOUR),
            "tickets.expire_intakes",
        ),
        "recount-open-promises": _each(
            env.number("KLINGDESK_RECOUNT_SECONDS", 60, least=1, most=_HOUR),
            "tickets.recount_promises",
        ),
        "put-events-in-order": _each(
            env.number("KLINGDESK_FEED_SECONDS", 2, least=1, most=300),
            "tickets.sequence_events",
            # What a worker that was away finds of these is all the same run.
            options={"expires": 60},
        ),
        "tell-subscribers": _each(
            env.number("KLINGDESK_EVENTS_SWEEP_SECONDS", 5, least=1, most=_HOUR),
            "tickets.send_events",
            options={"expires": 60},
        ),
        "purge-the-feed": _each(_HOUR, "tickets.purge_feed"),
        "count-for-reports": _each(
            env.number("KLINGDESK_REPORTS_SECONDS", 15, least=1, most=_HOUR),
            "tickets.count_for_reports",
        ),
        "close-resolved-tickets": _each(
            env.number("KLINGDESK_CLOSE_SWEEP_SECONDS", _HOUR, least=1, most=_DAY),
            "tickets.close_resolved",
        ),
        "keep-answers-true": _each(
            env.number("KLINGDESK_UPKEEP_SECONDS", 300, least=1, most=_DAY),
            "kb.keep_answers_true",
        ),
        "work-on-imports": _each(
            env.number("KLINGDESK_IMPORT_SWEEP_SECONDS", 30, least=1, most=_HOUR),
            "kb.work_on_imports",
        ),
        "write-exports": _each(
            env.number("KLINGDESK_EXPORT_SWEEP_SECONDS", 30, least=1, most=_HOUR),
            "tickets.sweep_exports",
        ),
        "send-weekly-report": _each(
            env.number("KLINGDESK_WEEKLY_SWEEP_SECONDS", 300, least=1, most=_HOUR),
            "tickets.send_weekly_report",
        ),
        "send-notices": _each(
            env.number("KLINGDESK_OUTBOX_SWEEP_SECONDS", 15, least=1, most=_HOUR),
            "notices.sweep_outbox",
        ),
    }


def _each(seconds: int, task: str, **more: Any) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, **more}
