"""Everything that must hold in a flow beyond its shape; all findings at once.

Errors make a definition unfit to be walked or to be heard; a warning needs a reason. Where a
finding stands, what it says and what to do about it is in ``FlowError``.
"""

from __future__ import annotations

from collections.abc import Iterator

from kb.flows.errors import FlowError
from kb.flows.linting.assigned import Assigned
from kb.flows.linting.draft import Draft, draft_of
from kb.flows.linting.graph import graph_errors
from kb.flows.linting.nodes import node_errors
from kb.flows.linting.surroundings import (
    QuestionFacts,
    Surroundings,
    brought_along,
    surroundings_errors,
    taken_variables,
)
from kb.flows.linting.tables import table_errors
from kb.flows.linting.texts import text_errors
from kb.flows.linting.variables import known_variables, variable_errors
from kb.flows.schema import FlowDefinition

__all__ = ["QuestionFacts", "Surroundings", "errors_of_draft", "lint"]


def lint(definition: FlowDefinition, around: Surroundings | None = None) -> tuple[FlowError, ...]:
    """All findings about a flow, errors and warnings, in the order of its nodes.

    With ``around``, also those about the questions, flows and checkers that it refers to.
    """
    draft = draft_of(definition)
    found = list(errors_of_draft(draft, around))
    found += text_errors(("title",), definition.title)
    if around is not None:
        assigned = Assigned(draft, brought_along(draft, around))
        found += surroundings_errors(definition, assigned, around)
    order = {key: number for number, key in enumerate(definition.nodes)}
    return tuple(sorted(found, key=lambda each: order.get(each.node or "", -1)))


def errors_of_draft(draft: Draft, around: Surroundings | None = None) -> Iterator[FlowError]:
    """The rules that need nothing but the nodes; rules about variables need all of them."""
    for key, node in draft.nodes.items():
        yield from node_errors(draft, key, node)
    yield from graph_errors(draft)
    if not draft.unread:
        known = known_variables(draft, taken_variables(draft, around) if around else None)
        assigned = Assigned(draft, brought_along(draft, around) if around else None)
        yield from variable_errors(draft, known, assigned)
        yield from table_errors(draft, known)
