"""Looks at a desk after a disaster: ``python -m ... FILE`` with what people had been told.

FILE: ``{"handed_over": [number], "claimed": {number: username}, "contacted": [number],
"answered": [number], "chased": [number]}``, each an answer that somebody got. Fails with what is
wrong; prints ``SOUND {...}`` with what there is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import django


def main() -> None:
    django.setup()
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    counts = {
        **answers_hold(told),
        **tickets_are_sound(),
        **alarms_fired_once(),
        **notices_went_out_once(),
    }
    sys.stdout.write(f"\nSOUND {json.dumps(counts)}\n")


def answers_hold(told: dict[str, Any]) -> dict[str, int]:
    """Whatever was answered with success is there."""
    from tickets.models import ContactAttempt, Ticket

    tickets = {
        ticket.number: ticket
        for ticket in Ticket.objects.select_related("assignee").prefetch_related("consultations")
    }
    lost = set(told["handed_over"]) - tickets.keys()
    assert not lost, f"handed over and gone: {sorted(lost)}"
    for number, username in told["claimed"].items():
        owner = tickets[number].assignee
        assert owner is not None, f"{number} was given to {username} and is nobody's"
        assert owner.get_username() == username, f"{number} has two owners"
    attempts = Counter(
        attempt.ticket.number for attempt in ContactAttempt.objects.select_related("ticket")
    )
    wanted = Counter(told["contacted"])
    assert not wanted - attempts, f"contacts are lost: {wanted - attempts}"
    for number in told["answered"]:
        assert tickets[number].first_answered_at is not None, f"{number} was answered"
    for number in told["chased"]:
        assert tickets[number].chase_count >= 1, f"the chase on {number} is lost"
    for ticket in tickets.values():
        assert ticket.consultations.count() == 1, f"{ticket.number} was made twice or of nothing"
    return {"tickets": len(tickets), "attempts": attempts.total()}


def tickets_are_sound() -> dict[str, int]:
    """Each is routed once, taken once, has its clocks, and its timeline leads to what it is."""
    from django.contrib.auth import get_user_model

    from tests.tickets.test_ticket_machine import present, replayed
    from tickets.models import Consultation, Ticket

    names = {person.pk: person.get_username() for person in get_user_model().objects.all()}
    related = ("events", "clocks", "watchers")
    for ticket in Ticket.objects.select_related("assignee", "team").prefetch_related(*related):
        codes = Counter(event.code for event in ticket.events.all())
        assert codes["ticket.handed_over"] == 1, (ticket.number, codes)
        assert codes["ticket.routed"] == 1, (ticket.number, codes)
        assert codes["ticket.claimed"] == (ticket.assignee is not None), (ticket.number, codes)
        assert replayed(ticket, names) == present(ticket), ticket.number
        assert {clock.kind for clock in ticket.clocks.all()} == {"contact", "resolve"}
    half_done = Consultation.objects.filter(status="escalated", ticket=None)
    assert not half_done.exists()
    return {"open_contacts": Consultation.objects.filter(status="open").count()}


def alarms_fired_once() -> dict[str, int]:
    """For each row of a level there is one event, and no other."""
    from tickets.models import ClockAlarm, TicketEvent

    fired = Counter(
        (alarm.clock.ticket_id, alarm.clock.kind, f"sla.{alarm.level}")
        for alarm in ClockAlarm.objects.select_related("clock")
    )
    codes = [code for _ticket, _kind, code in fired]
    events = Counter(
        (event.ticket_id, event.new["clock"], event.code)
        for event in TicketEvent.objects.filter(code__in=set(codes))
    )
    assert events == fired, f"{events - fired} told and not fired, {fired - events} the other way"
    assert not [each for each, times in fired.items() if times > 1]
    return {"alarms": fired.total()}


def notices_went_out_once() -> dict[str, int]:
    """No event is twice in anybody's inbox; the outbox says what became of each (``out_…``)."""
    from django.db.models import Count

    from notices.models import Delivery, Notice

    inbox = Notice.objects.values("recipient", "event").annotate(times=Count("pk"))
    assert not inbox.filter(times__gt=1).exists()
    states = Counter(Delivery.objects.values_list("state", flat=True))
    return {f"out_{state}": count for state, count in states.items()}


if __name__ == "__main__":
    main()
