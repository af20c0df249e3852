"""What a standard question must satisfy before it may be published."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from kb.flows.scripts import variables
from kb.models import FollowUp, Phrasing, StandardQuestion
from kb.models.question import QuestionStatus
from klingdesk.core.errors import Invalid

if TYPE_CHECKING:
    from kb.services.publishing import QuestionContent

MOST_TEXT = 10_000
MOST_PHRASINGS = 500

NO_VARIABLES = _(
    "Double braces are not allowed here: only the scripts of a decision flow have variables."
)
_REQUIRED = _("Please fill this in.")


def check_content(content: QuestionContent) -> None:
    """Raise ``Invalid`` with all field errors at once.

    Fields are named like those of ``QuestionContent``; everything about follow-ups is under
    ``follow_ups``.
    """
    errors: dict[str, list[Any]] = {}
    _check_title(content, errors)
    _check_text("script", content.script, errors)
    _check_text("internal_note", content.internal_note, errors, scripted=False)
    if content.status not in QuestionStatus.values:
        errors["status"] = [_("Unknown status.")]
    elif content.status == QuestionStatus.ONLINE and not content.script.strip():
        errors["script"] = [_("A question that is online needs a reference script.")]
    if content.escalates and not content.flow:
        errors["flow"] = [_("Only a decision flow leads to tier 2: choose one.")]
    _check_phrasings(content.phrasings, errors)
    _check_follow_ups(content, errors)
    if errors:
        raise Invalid(_("The question was not published."), fields=errors)


def script_error(text: str) -> Any | None:
    """Why a text cannot be the script of a question or follow-up, or None when it can."""
    if any(True for _name in variables(text)):
        return NO_VARIABLES
    if len(text) > MOST_TEXT:
        return _("At most %(most)d characters.") % {"most": MOST_TEXT}
    return None


def _check_title(content: QuestionContent, errors: dict[str, list[Any]]) -> None:
    most = _length_of(StandardQuestion, "title")
    if not content.title.strip():
        errors["title"] = [_REQUIRED]
    elif len(content.title) > most:
        errors["title"] = [_("At most %(most)d characters.") % {"most": most}]


def _check_text(
    name: str, text: str, errors: dict[str, list[Any]], *, scripted: bool = True
) -> None:
    if scripted and (problem := script_error(text)) is not None:
        errors[name] = [problem]
    elif len(text) > MOST_TEXT:
        errors[name] = [_("At most %(most)d characters.") % {"most": MOST_TEXT}]


def _check_phrasings(phrasings: Iterable[str], errors: dict[str, list[Any]]) -> None:
    most = _length_of(Phrasing, "text")
    seen: set[str] = set()
    problems: list[Any] = []
    for text in phrasings:
        if not text.strip():
            problems.append(_("A phrasing is empty."))
        elif len(text) > most:
            problems.append(
                _("Longer than %(most)d characters: %(text)s…") % {"most": most, "text": text[:40]}
            )
        elif text in seen:
            problems.append(_("There twice: %(text)s") % {"text": text})
        seen.add(text)
    if len(seen) > MOST_PHRASINGS:
        problems.append(_("At most %(most)d phrasings.") % {"most": MOST_PHRASINGS})
    if problems:
        errors["phrasings"] = problems


def _check_follow_ups(content: QuestionContent, errors: dict[str, list[Any]]) -> None:
    most = _length_of(FollowUp, "question")
    problems: list[Any] = []
    for item in content.follow_ups:
        if not item.question.strip() or not item.script.strip():
            problems.append(_("A follow-up needs a question and a script."))
        elif len(item.question) > most:
            problems.append(
                _("Longer than %(most)d characters: %(text)s…")
                % {"most": most, "text": item.question[:40]}
            )
        elif (problem := script_error(item.script)) is not None:
            problems.append(problem)
    if problems:
        errors["follow_ups"] = problems


def _length_of(model: Any, field: str) -> int:
    return int(model._meta.get_field(field).max_length)
