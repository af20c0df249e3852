"""The fields of a routing rule as its form shows them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from kb.models import Category, Flow, StandardQuestion
from tickets.admin.routing_parts import YES_NO
from tickets.models import RoutingRule, Team
from tickets.models.labels import Priority
from tickets.services.routing_rules import RuleForm


def rule_fields(form: RuleForm, errors: Any) -> list[dict[str, Any]]:
    """The fields of the form in their order, each with its choices, value and error."""
    named = {value: key for key, value in YES_NO.items()}
    groups = Category.objects.order_by("order", "slug").values_list("slug", "title")
    any_one = ("", _("any"))
    flows = Flow.objects.filter(current__isnull=False).order_by("title")
    choices: dict[str, list[tuple[Any, Any]]] = {
        "category": [any_one, *groups],
        "flow": [any_one, *flows.values_list("key", "title")],
        "chased": [any_one, ("yes", _("chased by the user")), ("no", _("not chased"))],
        "api_customer": [any_one, ("yes", _("API customer")), ("no", _("no API customer"))],
        "team": list(Team.objects.values_list("slug", "name")),
        "priority": list(Priority.choices),
    }
    labels: tuple[tuple[str, Any, Any], ...] = (
        ("category", _("Group"), ""),
        ("question", _("Standard question"), _("Its key; the list offers all of them.")),
        ("flow", _("Decision flow"), ""),
        ("tag", _("Tag"), _("One tag of the flow's outcome.")),
        ("queue", _("Queue hint of the flow"), ""),
        ("chased", _("Chased"), ""),
        ("api_customer", _("API customer"), ""),
        ("team", _("Team"), ""),
        ("skill", _("Skill"), _("What the advisor must know; empty: nothing special.")),
        ("priority", _("Priority"), ""),
        ("place", _("Place"), _("1 is tried first.")),
    )
    values = {
        **{name: getattr(form, name) for name, _label, _help in labels},
        "chased": named[form.chased],
        "api_customer": named[form.api_customer],
    }
    return [
        {
            "name": name,
            "label": label,
            "help": words,
            "value": values[name],
            "choices": _with_value(choices[name], values[name]) if name in choices else None,
            "questions": _questions() if name == "question" else None,
            "is_number": name == "place",
            "errors": errors.get(name, []),
        }
        for name, label, words in labels
    ]


def _with_value(choices: list[tuple[Any, Any]], value: Any) -> list[tuple[Any, Any]]:
    """A list that also holds what is chosen, for example a flow that is no longer published."""
    is_known = value in {key for key, _label in choices}
    return choices if is_known or value == -1 else [*choices, (value, value)]


def _questions() -> list[tuple[str, str]]:
    return list(StandardQuestion.objects.order_by("key").values_list("key", "title"))


def filled(row: RoutingRule) -> RuleForm:
    """A stored rule as its form shows it."""
    return RuleForm(
        place=row.order,
        team=row.team.slug,
        category=row.category.slug if row.category else "",
        question=row.question.key if row.question else "",
        flow=row.flow.key if row.flow else "",
        tag=row.tag,
        queue=row.queue,
        chased=row.chased,
        api_customer=row.api_customer,
        skill=row.skill,
        priority=int(row.priority),
    )
