"""Publishing decision flows: nothing that the lint holds for wrong ever reaches the desk."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.flows.errors import FlowError, FlowErrors, finding
from kb.flows.hashing import definition_hash
from kb.flows.loader import check_flow, definition_data, load_flow
from kb.flows.schema import FlowDefinition
from kb.flows.source import read
from kb.models import Flow, FlowDraft, FlowVersion
from kb.selectors.flow_world import surroundings_at
from klingdesk.core.errors import Conflict, Invalid, NotFound

MOST_REASON = 300

Accepted = Collection[tuple[str, str]]
"""Warnings that the publisher saw: code and path of each."""


class FlowRefused(Invalid):
    """The lint stands against it; ``findings`` are all of them, errors and warnings.

    Code ``flow_errors`` when there are errors, ``flow_warnings`` when there are only warnings
    that nobody has accepted yet.
    """

    def __init__(self, message: Any, *, code: str, findings: tuple[FlowError, ...]) -> None:
        super().__init__(message, code=code, fields={"text": [message]})
        self.findings = findings


def check_text(
    text: str, *, now: datetime, key: str | None = None
) -> tuple[FlowDefinition | None, tuple[FlowError, ...]]:
    """What ``text`` says and every finding about it, with what it refers to as it is at ``now``.

    ``key`` is the flow that it is written for. Never raises; the definition is None when its
    shape cannot be read.
    """
    try:
        data = read(text, "yaml")
    except FlowErrors as unread:
        return None, unread.errors
    definition, findings = check_flow(data, surroundings_at(now))
    given = data.get("key") if isinstance(data, Mapping) else None
    if key is not None and given is not None and given != key:
        findings = (finding(("key",), "key_changed", given=str(given), key=key), *findings)
    return definition, findings


@transaction.atomic
def publish_flow(
    *,
    key: str,
    text: str,
    acting_user: Any | None,
    reason: str,
    now: datetime,
    accepted: Accepted = (),
    expected_number: int | None = None,
    replaces_draft: int | None = None,
) -> FlowVersion:
    """Make ``text`` the flow's new version; the same content as the current one changes nothing.

    ``expected_number`` is the published version that the writer began from (0: none yet),
    ``replaces_draft`` the version of the draft that the text comes from, which is done then.
    ``acting_user`` None is the starter knowledge base.

    The draft stays when the text differs from what is published in its layout and comments
    only: no version says those, so they would be lost.

    Raises ``FlowRefused`` for errors (another flow's key is one) and for warnings that are not
    among ``accepted``; ``Invalid`` without a reason or with one of more than ``MOST_REASON``
    characters; ``Conflict`` when somebody else published or saved meanwhile, with both numbers in
    its state.
    """
    reason = reason.strip()
    if not reason or len(reason) > MOST_REASON:
        most = {"most": MOST_REASON}
        wrong = _("At most %(most)d characters.") % most if reason else _("Please fill this in.")
        raise Invalid(
            _("Say why this is published, in up to %(most)d characters.") % most,
            fields={"reason": [wrong]},
        )
    flow = Flow.objects.select_for_update().filter(key=key).first()
    draft = FlowDraft.objects.select_for_update().filter(flow=flow).first() if flow else None
    _check_expected(flow, draft, expected_number=expected_number, expected_version=replaces_draft)
    definition, findings = check_text(text, now=now, key=key)
    version = _keep(
        _acceptable(definition, findings, accepted=accepted),
        text=text,
        acting_user=acting_user,
        reason=reason,
        accepted=[each.as_data() for each in findings],
        now=now,
    )
    if draft is not None and replaces_draft is not None and version.source == text:
        draft.delete()
    return version


@transaction.atomic
def keep_version(*, text: str, acting_user: Any | None, reason: str, now: datetime) -> FlowVersion:
    """Store what ``text`` defines without asking what it refers to. Raises ``FlowErrors``.

    For moving published flows between desks and for tests: people publish with ``publish_flow``.
    """
    return _keep(
        load_flow(text), text=text, acting_user=acting_user, reason=reason, accepted=[], now=now
    )


def lock_flow(*, key: str, expected_version: int | None) -> tuple[Flow, FlowDraft | None]:
    """The flow and its draft under locks. ``NotFound``; ``Conflict`` when the draft moved on."""
    flow = Flow.objects.select_for_update().filter(key=key).first()
    if flow is None:
        raise NotFound(_("There is no such flow."))
    draft = FlowDraft.objects.select_for_update().filter(flow=flow).first()
    _check_expected(flow, draft, expected_number=None, expected_version=expected_version)
    return flow, draft


def _check_expected(
    flow: Flow | None,
    draft: FlowDraft | None,
    *,
    expected_number: int | None,
    expected_version: int | None,
) -> None:
    number = flow.current.number if flow is not None and flow.current is not None else 0
    version = draft.version if draft is not None else 0
    state = {"number": number, "version": version}
    if expected_number is not None and expected_number != number:
        raise Conflict(
            _("Somebody else published a newer version. Compare it with yours and save again."),
            state=state,
        )
    if expected_version is not None and expected_version != version:
        raise Conflict(
            _("Somebody else saved this draft meanwhile. Compare it with yours and save again."),
            state=state,
        )


def _acceptable(
    definition: FlowDefinition | None, findings: tuple[FlowError, ...], *, accepted: Accepted
) -> FlowDefinition:
    if definition is None or any(each.severity == "error" for each in findings):
        raise FlowRefused(
            _("The flow cannot be published: mend what is marked as an error first."),
            code="flow_errors",
            findings=findings,
        )
    if any((each.code, each.path) not in set(accepted) for each in findings):
        raise FlowRefused(
            _("There are warnings. Mend them, or tick each as read and say why it may stand."),
            code="flow_warnings",
            findings=findings,
        )
    return definition


def _keep(
    definition: FlowDefinition,
    *,
    text: str,
    acting_user: Any | None,
    reason: str,
    accepted: list[dict[str, object]],
    now: datetime,
) -> FlowVersion:
    flow, _created = Flow.objects.select_for_update().get_or_create(
        key=definition.key, defaults={"title": definition.title}
    )
    digest = definition_hash(definition)
    latest = flow.versions.order_by("-number").first()
    if latest is not None and latest.pk == flow.current_id and latest.digest == digest:
        return latest
    version = FlowVersion.objects.create(
        flow=flow,
        number=(latest.number if latest else 0) + 1,
        schema=definition.schema_version,
        definition=definition_data(definition),
        source=text,
        digest=digest,
        accepted=accepted,
        reason=reason,
        author=acting_user,
        created_at=now,
    )
    flow.title = definition.title
    flow.current = version
    flow.save(update_fields=["title", "current"])
    return version
