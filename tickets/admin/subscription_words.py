"""The events that programs subscribe to, in words for whoever chooses among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.rules.event_facts import FACTS

EVENTS: Mapping[str, Any] = {
    "ticket.handed_over": _("Handed over"),
    "ticket.followed": _("Followed by a new ticket"),
    "ticket.routed": _("Routed"),
    "ticket.rerouted": _("Routed anew after a chase"),
    "ticket.assigned": _("Assigned by the desk"),
    "ticket.claimed": _("Taken"),
    "ticket.released": _("Given back to the queue"),
    "ticket.transferred": _("Transferred"),
    "ticket.contacted": _("User contacted"),
    "ticket.waiting": _("Waits for the user"),
    "ticket.resumed": _("Work taken up again"),
    "ticket.returned": _("Returned to tier 1"),
    "ticket.completed": _("Completed by tier 1"),
    "ticket.noted": _("Note written"),
    "ticket.release_undone": _("Giving back undone"),
    "ticket.transfer_undone": _("Passing on undone"),
    "ticket.note_withdrawn": _("Note withdrawn"),
    "ticket.chased": _("Chased by the user"),
    "ticket.prioritised": _("Priority changed"),
    "ticket.merged": _("Merged into another ticket"),
    "ticket.merged_further": _("The ticket it was merged into was merged"),
    "ticket.absorbed": _("Another ticket was merged into it"),
    "ticket.resolved": pgettext_lazy("event", "Resolved"),
    "ticket.reopened": pgettext_lazy("event", "Reopened"),
    "ticket.cancelled": pgettext_lazy("event", "Cancelled"),
    "ticket.closed": pgettext_lazy("event", "Closed"),
    "ticket.watched": _("Watched by somebody"),
    "ticket.unwatched": _("Watched no more"),
    "ticket.revealed": _("Personal data revealed"),
    "sla.due_soon": _("Due within a working day"),
    "sla.last_call": _("Due within two working hours"),
    "sla.breached": _("Breached"),
    "sla.overdue_day": _("Breached by a working day"),
    "sla.met": _("Kept in time"),
    "sla.missed": _("Kept too late"),
    "sla.moved": _("Due at another time"),
    "sla.recounted": _("Due date counted anew; it stays"),
    "sla.merged": _("Promise merged"),
    "sla.dropped": _("Clocks stopped, neither kept nor broken"),
}


def choices() -> list[tuple[Any, list[tuple[str, Any]]]]:
    """All events, those of tickets before those of the promise, with their labels."""
    groups = ((_("What happens to tickets"), "ticket."), (_("What becomes of promises"), "sla."))
    return [
        (label, [(code, EVENTS.get(code, code)) for code in FACTS if code.startswith(prefix)])
        for label, prefix in groups
    ]
