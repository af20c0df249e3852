"""What a screen reader says when a step has come: where the contact is and what is to be done.

The heading of the step gets the focus and is read by itself; this says the rest in one sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.selectors.runs import RunState


def announcement(context: Mapping[str, Any], state: RunState | None) -> str:
    """A sentence for the stage of ``context``; empty where an alert speaks already."""
    if context["notice"] is not None or context.get("wrong_count"):
        return ""
    match context["stage"]:
        case "ended":
            return _("This contact is over.")
        case "answer" | "redirect":
            return _("The flow has come to its end: finish the contact.")
        case "hand_over":
            return _("The flow has come to a hand-over: fill in the form.")
        case "ask":
            return _("Find out what it is about: choose a standard question.")
        case "plain":
            return _("This contact has no decision flow.")
    answered = sum(not step.automatic for step in state.steps) if state is not None else 0
    return _of_step(context, answered + 1)


def _of_step(context: Mapping[str, Any], number: int) -> str:
    if context["stage"] == "check":
        return _("Step %(step)d: paste the text to be checked.") % {"step": number}
    if context["stage"] == "collect":
        count = len(context["fields"])
        return ngettext(
            "Step %(step)d: fill in %(count)d field.",
            "Step %(step)d: fill in %(count)d fields.",
            count,
        ) % {"step": number, "count": count}
    if context["node"].kind == "retry":
        return _(
            "Step %(step)d: the user tries something. Then choose an answer, keys 1 to %(count)d."
        ) % {"step": number, "count": len(context["choices"])}
    if len(context["choices"]) == 1:
        return _("Step %(step)d: read it out, then go on with key 1.") % {"step": number}
    return _("Step %(step)d: choose an answer, keys 1 to %(count)d.") % {
        "step": number,
        "count": len(context["choices"]),
    }
