"""Writing decision flows: one draft beside what is published, kept whatever is wrong with it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from kb.flows.parts import KEBAB
from kb.flows.source import SOURCE_LIMIT
from kb.models import Flow, FlowDraft
from kb.services.flow_publishing import lock_flow
from klingdesk.core.errors import Conflict, Invalid, NotFound

MOST_KEY = 60
MOST_TITLE = 80


@transaction.atomic
def create_flow(*, key: str, title: str, text: str, acting_user: Any, now: datetime) -> FlowDraft:
    """Begin a new flow with ``text`` as its draft; nothing is published.

    ``Invalid`` for a bad key or title, ``Conflict`` for a key that is taken.
    """
    fields: dict[str, list[Any]] = {}
    if len(key) > MOST_KEY or not re.fullmatch(KEBAB, key):
        fields["key"] = [_("Small letters, digits and single hyphens, up to 60 characters.")]
    if not title.strip() or len(title) > MOST_TITLE:
        fields["title"] = [_("A title of up to 80 characters is needed.")]
    fields |= _too_long(text)
    if fields:
        raise Invalid(_("The flow was not created."), fields=fields)
    try:
        with transaction.atomic():
            flow = Flow.objects.create(key=key, title=title.strip())
    except IntegrityError as taken:
        raise Conflict(_("There is a flow with this key already.")) from taken
    return FlowDraft.objects.create(
        flow=flow, text=text, version=1, base_number=0, author=acting_user, updated_at=now
    )


@transaction.atomic
def save_flow_draft(
    *,
    key: str,
    text: str,
    acting_user: Any,
    now: datetime,
    expected_version: int | None = None,
    base_number: int | None = None,
) -> FlowDraft:
    """Keep ``text`` as the flow's draft, readable or not.

    ``expected_version`` is the draft that the writer saw (0: there was none), ``base_number``
    the published version that the text is based on by now. ``Conflict`` with the present
    numbers when somebody else saved meanwhile, ``Invalid`` for a text beyond ``SOURCE_LIMIT``.
    """
    wrong = _too_long(text)
    if wrong:
        raise Invalid(_("The draft was not saved."), fields=wrong)
    flow, draft = lock_flow(key=key, expected_version=expected_version)
    if draft is None:
        published = flow.current.number if flow.current is not None else 0
        draft = FlowDraft(flow=flow, version=0, base_number=published)
    if base_number is not None:
        draft.base_number = base_number
    draft.text = text
    draft.version += 1
    draft.author = acting_user
    draft.updated_at = now
    draft.save()
    return draft


@transaction.atomic
def discard_flow_draft(*, key: str, acting_user: Any, expected_version: int) -> None:
    """Throw the draft away; a flow that was never published goes with it."""
    flow, draft = lock_flow(key=key, expected_version=expected_version)
    if draft is None:
        raise NotFound(_("This draft is no longer there: it was published or discarded."))
    draft.delete()
    if not flow.versions.exists() and not flow.questions.exists():
        try:
            with transaction.atomic():
                flow.delete()
        except ProtectedError as used:
            raise Conflict(
                _("Something else refers to this flow, so it cannot be thrown away.")
            ) from used


def _too_long(text: str) -> dict[str, list[Any]]:
    if len(text) <= SOURCE_LIMIT:
        return {}
    words = _("The text is longer than %(most)d characters.") % {"most": SOURCE_LIMIT}
    return {"text": [words]}
