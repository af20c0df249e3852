"""The form that narrows and orders the ticket list: rendered when its values are new, kept while
they are the same, as the lines of the list are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tickets.admin.queue_parts import list_url
from tickets.models.labels import Priority, Status
from tickets.selectors.list_choices import Choice
from tickets.selectors.ticket_list import Due, Filters
from tickets.selectors.ticket_order import Sort

MOST_KEPT = 400
"""Forms in the memory of a process, about 7 kB each."""


def filter_form(
    filters: Filters,
    *,
    teams: Sequence[Choice],
    people: Sequence[Choice],
    questions: Sequence[Choice],
) -> SafeString:
    """The form as markup. It does not show what was looked for, nor which page of the list."""
    shown = replace(filters, found="", after="")
    return _markup(shown, tuple(teams), tuple(people), tuple(questions), get_language() or "")


@lru_cache(MOST_KEPT)
def _markup(
    filters: Filters,
    teams: tuple[Choice, ...],
    people: tuple[Choice, ...],
    questions: tuple[Choice, ...],
    language: str,
) -> SafeString:
    context = {
        "filters": filters,
        "teams": teams,
        "people": people,
        "questions": questions,
        "fixed": fixed_choices(),
        "plain_url": list_url(Filters(view=filters.view).query()),
    }
    return render_to_string("admin/queue/_filter_form.html", context)


def fixed_choices() -> dict[str, list[tuple[str, str]]]:
    """The values of filters that do not come from the database, in words."""
    return {
        "statuses": [(value, str(label)) for value, label in Status.choices],
        "priorities": [(str(value), str(label)) for value, label in Priority.choices],
        "dues": [
            (Due.OVERDUE.value, _("overdue")),
            (Due.TODAY.value, _("by the end of today")),
            (Due.SOON.value, _("within 48 hours")),
        ],
        "sorts": [
            (Sort.DUE.value, _("due first")),
            (Sort.PRIORITY.value, _("most urgent first")),
            (Sort.CHASES.value, _("most chased first")),
            (Sort.NEXT_TRY.value, _("next try first")),
            (Sort.NEWEST.value, _("newest first")),
            (Sort.OLDEST.value, _("oldest first")),
            (Sort.RESOLVED.value, _("resolved last")),
        ],
    }
