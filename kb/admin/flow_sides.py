"""Which text of a flow a page is about: its draft, or one of its published versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils.translation import gettext as _

from kb.admin.base import instant_words
from kb.admin.flow_findings import FindingRows, finding_rows
from kb.flows.errors import FlowError, FlowErrors
from kb.flows.lint import lint
from kb.flows.readable import NOTHING, Readable, readable, readable_of
from kb.flows.schema import FlowDefinition
from kb.flows.source import read
from kb.models import Flow, FlowDraft, FlowVersion
from kb.selectors.flow_world import definition_of, surroundings_at
from kb.selectors.flows import draft_of, versions_of
from kb.services.flow_publishing import check_text

DRAFT = "draft"
MOST_OFFERED = 200
"""Versions to choose from; older ones are reached from the list of versions."""


@dataclass(frozen=True)
class Side:
    """``value`` is what an address calls it: ``draft``, or the number of a version.

    ``definition`` is None when the text cannot be read whole; ``findings`` are those of this
    moment, also of a version that had none when it was published.
    """

    value: str
    label: str
    text: str
    definition: FlowDefinition | None
    findings: tuple[FlowError, ...]

    @property
    def is_draft(self) -> bool:
        return self.value == DRAFT

    @property
    def choice(self) -> tuple[str, str]:
        """Value and label, as ``offered`` has them."""
        return self.value, self.label

    @property
    def has_errors(self) -> bool:
        return self.definition is None or any(each.severity == "error" for each in self.findings)

    @cached_property
    def readable(self) -> Readable:
        """As much of it as can be read."""
        if self.definition is not None:
            return readable_of(self.definition)
        try:
            return readable(read(self.text, "yaml"))
        except FlowErrors:
            return NOTHING

    @cached_property
    def rows(self) -> FindingRows:
        """The findings in the present language."""
        return finding_rows(self.findings, text=self.text)


def offered(flow: Flow) -> list[tuple[str, str]]:
    """What can be chosen: value and label, the draft first, then the latest version."""
    found = [
        (str(version.number), _version_label(flow, version))
        for version in versions_of(flow).defer("definition", "source")[:MOST_OFFERED]
    ]
    draft = draft_of(flow)
    return [(DRAFT, _draft_label(draft)), *found] if draft is not None else found


def first_choice(flow: Flow) -> str:
    """The draft if there is one, else what is published; blank when there is neither."""
    if draft_of(flow) is not None:
        return DRAFT
    return str(flow.current.number) if flow.current is not None else ""


def side_of(flow: Flow, value: str, *, now: datetime) -> Side | None:
    """The side that an address calls ``value``; None when it is not there."""
    if value == DRAFT:
        draft = draft_of(flow)
        return _draft_side(draft, flow, now=now) if draft is not None else None
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        return None
    version = versions_of(flow).filter(number=int(value)).first()
    if version is None:
        return None
    definition = definition_of(version.pk)
    return Side(
        value=str(version.number),
        label=_version_label(flow, version),
        text=version.source,
        definition=definition,
        findings=lint(definition, surroundings_at(now)),
    )


def _draft_side(draft: FlowDraft, flow: Flow, *, now: datetime) -> Side:
    definition, findings = check_text(draft.text, now=now, key=flow.key)
    return Side(DRAFT, _draft_label(draft), draft.text, definition, findings)


def _draft_label(draft: FlowDraft) -> str:
    return _("Draft, saved %(time)s") % {"time": instant_words(draft.updated_at)}


def _version_label(flow: Flow, version: FlowVersion) -> str:
    words = {"number": version.number, "time": instant_words(version.created_at)}
    if version.pk == flow.current_id:
        return _("Version %(number)d of %(time)s (published now)") % words
    return _("Version %(number)d of %(time)s") % words
