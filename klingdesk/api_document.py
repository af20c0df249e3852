"""What is added to the OpenAPI document as a whole: examples of calls, what leads where, groups.

Called by drf-spectacular, after it has described the single operations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

JSON = "application/json"

GROUPS: Mapping[str, str] = {
    "auth": "Tokens.",
    "kb": "The knowledge base: search, standard questions, pictures.",
    "intake": "Users whom a chatbot hands to the agents.",
    "consultations": "Contacts with tier 1: the decision flow, and handing over.",
    "tickets": "Tickets of tier 2: find them, work on them.",
    "sla": "Working days and due dates.",
    "reports": "How the promise is kept.",
    "exports": "Tables to take away, made in the background.",
    "events": "What happens to tickets, in order, to be read or sent.",
}

_CONTACT = ("consultation_id", "$response.body#/id")
_NUMBER = ("number", "$response.body#/number")
_SUBSCRIPTION = ("subscription_id", "$response.body#/id")

_WORK = {
    "Contact": ("tickets_contact_create", _NUMBER),
    "Note": ("tickets_note_create", _NUMBER),
    "Read": ("tickets_retrieve", _NUMBER),
    "Resolve": ("tickets_resolve_create", _NUMBER),
    "Wait": ("tickets_wait_create", _NUMBER),
}

LINKS: Mapping[tuple[str, str], Mapping[str, tuple[str, tuple[str, str]]]] = {
    ("consultations_create", "201"): {
        "Answer": ("consultations_answer_create", _CONTACT),
        "Back": ("consultations_back_create", _CONTACT),
        "Chase": ("consultations_chase_create", _CONTACT),
        "Escalate": ("consultations_escalate_create", _CONTACT),
        "Finish": ("consultations_finish_create", _CONTACT),
        "PassOn": ("consultations_pass_on_create", _CONTACT),
        "Read": ("consultations_retrieve", _CONTACT),
    },
    ("consultations_escalate_create", "201"): {
        "Chase": ("tickets_chase_create", ("number", "$response.body#/ticket/number")),
        "Read": ("tickets_retrieve", ("number", "$response.body#/ticket/number")),
    },
    ("events_subscriptions_create", "201"): {
        "Change": ("events_subscriptions_change", _SUBSCRIPTION),
        "GoOn": ("events_subscriptions_go_on_create", _SUBSCRIPTION),
        "Off": ("events_subscriptions_off_create", _SUBSCRIPTION),
        "Read": ("events_subscriptions_retrieve", _SUBSCRIPTION),
    },
    ("intake_create", "201"): {
        "Read": ("intake_retrieve", ("intake_id", "$response.body#/id")),
        "Take": ("intake_take_create", ("intake_id", "$response.body#/id")),
        "Withdraw": ("intake_withdraw_create", ("intake_id", "$response.body#/id")),
    },
    ("kb_search_retrieve", "200"): {
        "Best": ("kb_questions_retrieve", ("key", "$response.body#/results/0/key")),
    },
    ("tickets_claim_next_create", "200"): _WORK,
    ("tickets_claim_create", "200"): _WORK,
    ("tickets_list", "200"): {
        "Claim": ("tickets_claim_create", ("number", "$response.body#/results/0/number")),
        "First": ("tickets_retrieve", ("number", "$response.body#/results/0/number")),
    },
    ("tickets_resolve_create", "200"): {"Reopen": ("tickets_reopen_create", _NUMBER)},
}
"""By operation and status: names, where each leads, and the parameter that is handed on."""

_FIRST_CHOICE = {
    "node": "$response.body#/node/key",
    "value": "$response.body#/node/choices/0/value",
}
NEXT_BODIES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("consultations_create", "201"): _FIRST_CHOICE,
}
"""What the link ``Answer`` sends, by operation and status."""


@cache
def examples() -> dict[str, Any]:
    """``shared`` bodies by name; ``operations`` with their ``request`` and ``answer``."""
    text = (Path(__file__).parent / "api_examples.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def complete(result: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
    """Hook of the OpenAPI document."""
    result["tags"] = [{"name": name, "description": text} for name, text in GROUPS.items()]
    result["components"]["examples"] = examples()["shared"]
    for operation in _operations(result):
        name = operation["operationId"]
        told = examples()["operations"].get(name, {})
        if requests := told.get("request"):
            content = operation["requestBody"]["content"][JSON]
            content["examples"] = {each: {"value": body} for each, body in requests.items()}
        for status, answer in operation["responses"].items():
            if "answer" in told and JSON in answer.get("content", {}):
                answer["content"][JSON]["examples"] = _answers(told["answer"])
            if links := LINKS.get((name, status)):
                answer["links"] = {each: _link(*link) for each, link in links.items()}
                if body := NEXT_BODIES.get((name, status)):
                    answer["links"]["Answer"]["requestBody"] = body
    return result


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def _answers(answer: Any) -> dict[str, Any]:
    """One body, the name of a shared one, or several of either under ``answers``."""
    several = answer["answers"] if isinstance(answer, dict) and "answers" in answer else None
    named = several or ({answer: answer} if isinstance(answer, str) else {"Example": answer})
    return {
        name: {"$ref": f"#/components/examples/{body}"}
        if isinstance(body, str)
        else {"value": body}
        for name, body in named.items()
    }


def _link(operation: str, handed_on: tuple[str, str]) -> dict[str, Any]:
    return {"operationId": operation, "parameters": dict([handed_on])}
