"""Open questions: opened, decided once, and opened again without losing the first decision."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from kb.models import Disagreement, StandardQuestion, Verdict
from klingdesk.core.errors import Conflict, Invalid, NotFound

MOST_STATEMENT = 2_000
MOST_REASON = 1_000

_REQUIRED = _("Please fill this in.")
_BY_HAND = "by-hand"
_AGAIN = re.compile(r"-again-\d+$")


@transaction.atomic
def open_disagreement(
    *,
    question_key: str,
    caution: str,
    our_statement: str,
    our_source: str,
    their_statement: str,
    their_source: str,
    acting_user: Any,
    now: datetime,
) -> Disagreement:
    """Put two statements up for decision; agents see ``caution`` until then.

    ``Invalid`` with field errors; ``question`` is the field of an unknown question.
    """
    texts = {
        "caution": caution,
        "our_statement": our_statement,
        "our_source": our_source,
        "their_statement": their_statement,
        "their_source": their_source,
    }
    texts = {name: text.strip() for name, text in texts.items()}
    errors = {name: found for name, text in texts.items() if (found := _errors(name, text))}
    question = StandardQuestion.objects.select_for_update().filter(key=question_key).first()
    if question is None:
        errors["question"] = [_("Choose a standard question.")]
    if texts["our_statement"] and texts["our_statement"] == texts["their_statement"]:
        errors["their_statement"] = [_("Both statements say the same.")]
    if errors or question is None:
        raise Invalid(_("The question was not opened."), fields=errors)
    return Disagreement.objects.create(
        question=question,
        key=_free_key(question, _BY_HAND),
        opened_at=now,
        opened_by=acting_user,
        **texts,
    )


@transaction.atomic
def decide(
    *, disagreement_id: int, verdict: str, reason: str, acting_user: Any, now: datetime
) -> Disagreement:
    """Decide an open question; the caution that agents see goes away with it.

    ``Conflict`` when it is decided already: its state holds ``verdict``, ``reason``,
    ``decided_by`` and ``decided_at``. ``Invalid`` with field errors, ``NotFound``.
    """
    errors: dict[str, list[Any]] = {}
    if verdict not in Verdict.values:
        errors["verdict"] = [_("Choose a verdict.")]
    if not reason.strip():
        errors["reason"] = [_REQUIRED]
    elif len(reason.strip()) > MOST_REASON:
        errors["reason"] = [_("At most %(most)d characters.") % {"most": MOST_REASON}]
    disagreement = _locked(disagreement_id)
    if disagreement.decided_at is not None:
        raise Conflict(
            _("Somebody else has decided this question meanwhile."), state=_decision(disagreement)
        )
    if errors:
        raise Invalid(_("The question was not decided."), fields=errors)
    disagreement.verdict = verdict
    disagreement.verdict_reason = reason.strip()
    disagreement.decided_at = now
    disagreement.decided_by = acting_user
    disagreement.save(update_fields=["verdict", "verdict_reason", "decided_at", "decided_by"])
    return disagreement


@transaction.atomic
def reopen(*, disagreement_id: int, acting_user: Any, now: datetime) -> Disagreement:
    """Put a decided question up again, as a row of its own: the decision stays on record.

    ``Conflict`` when it is not decided, or is open again already; ``NotFound``.
    """
    old = _locked(disagreement_id)
    if old.decided_at is None:
        raise Conflict(_("This question is still open."))
    stem = _AGAIN.sub("", old.key)
    StandardQuestion.objects.select_for_update().get(pk=old.question_id)
    undecided = Disagreement.objects.filter(question=old.question_id, decided_at=None)
    if any(_AGAIN.sub("", key) == stem for key in undecided.values_list("key", flat=True)):
        raise Conflict(_("This question is open again already."))
    return Disagreement.objects.create(
        question=old.question,
        key=_free_key(old.question, f"{stem}-again"),
        caution=old.caution,
        our_statement=old.our_statement,
        our_source=old.our_source,
        their_statement=old.their_statement,
        their_source=old.their_source,
        opened_at=now,
        opened_by=acting_user,
    )


def _locked(disagreement_id: int) -> Disagreement:
    rows = Disagreement.objects.select_for_update(of=("self",)).select_related("decided_by")
    disagreement = rows.filter(pk=disagreement_id).first()
    if disagreement is None:
        raise NotFound(_("There is no such open question."))
    return disagreement


def _decision(disagreement: Disagreement) -> dict[str, Any]:
    return {
        "verdict": disagreement.verdict,
        "reason": disagreement.verdict_reason,
        "decided_by": disagreement.decided_by,
        "decided_at": disagreement.decided_at,
    }


def _errors(name: str, text: str) -> list[Any]:
    most = getattr(Disagreement._meta.get_field(name), "max_length", None) or MOST_STATEMENT
    if not text:
        return [_REQUIRED]
    if len(text) > most:
        return [_("At most %(most)d characters.") % {"most": most}]
    return []


def _free_key(question: StandardQuestion, stem: str) -> str:
    """``stem`` with the next free number; the question's row is locked."""
    taken = set(question.disagreements.values_list("key", flat=True))
    most = int(Disagreement._meta.get_field("key").max_length or 0)
    number = 1
    while (key := f"{stem[: most - 5]}-{number}") in taken:
        number += 1
    return key
