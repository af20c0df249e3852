"""What a standard question must satisfy before it may be published."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from kb.flows.scripts import VARIABLES, variables
from kb.models import Attachment, Category, Flow, FollowUp, Phrasing, StandardQuestion
from kb.rules.lifecycle import PUBLISHED, Status
from klingdesk.core.errors import Invalid

if TYPE_CHECKING:
    from kb.services.content import QuestionContent

MOST_TEXT = 10_000
MOST_PHRASINGS = 500
MOST_TITLE = 120

_REQUIRED = _("Please fill this in.")
MOST_ATTACHMENTS = 10


def check_content(content: QuestionContent) -> None:
    """Raise ``Invalid`` with all field errors at once when it cannot be published.

    Fields are named like those of ``QuestionContent``; everything about follow-ups is under
    ``follow_ups``.
    """
    errors = _errors_of(content)
    if content.status not in PUBLISHED:
        errors["status"] = [_("Choose how it is published.")]
    elif not content.script.strip() and content.status != Status.RETIRED:
        errors["script"] = [_("A question that is published needs a reference script.")]
    if content.escalates and not content.flow:
        errors["flow"] = [_("Only a decision flow leads to tier 2: choose one.")]
    _raise(errors, _("The question was not published."))


def check_draft(content: QuestionContent) -> None:
    """As ``check_content`` for a draft: it may be incomplete, but must fit what holds it."""
    _raise(_errors_of(content), _("The draft was not saved."))


def _raise(errors: dict[str, list[Any]], message: Any) -> None:
    if errors:
        raise Invalid(message, fields=errors)


def _errors_of(content: QuestionContent) -> dict[str, list[Any]]:
    errors: dict[str, list[Any]] = {}
    _check_title(content, errors)
    _check_references(content, errors)
    _check_text("script", content.script, errors)
    _check_text("fallback", content.fallback, errors)
    _check_text("internal_note", content.internal_note, errors, scripted=False)
    _check_phrasings((*content.phrasings, *content.learned), errors)
    _check_follow_ups(content, errors)
    _check_contrast(content, errors)
    _check_dates(content, errors)
    return errors


def script_error(text: str) -> Any | None:
    """Why a text cannot be a script of a question or follow-up, or None when it can."""
    for name in variables(text):
        if name is None:
            return _("Double braces come in pairs, with the name of a variable between them.")
        if name not in VARIABLES:
            return _("There is no variable “%(name)s”. Known: %(known)s.") % {
                "name": name,
                "known": ", ".join(f"{{{{{each}}}}}" for each in sorted(VARIABLES)),
            }
    if len(text) > MOST_TEXT:
        return _("At most %(most)d characters.") % {"most": MOST_TEXT}
    return None


def _check_references(content: QuestionContent, errors: dict[str, list[Any]]) -> None:
    """Category, flow and attachments must exist. An owner need not: then all editors are told."""
    if not Category.objects.filter(slug=content.category).exists():
        errors["category"] = [_("Choose a category.")]
    if content.flow and not Flow.objects.filter(key=content.flow).exists():
        errors["flow"] = [_("There is no such decision flow.")]
    digests = [item.digest for item in content.attachments]
    if len(digests) > MOST_ATTACHMENTS:
        errors["attachments"] = [_("At most %(most)d attachments.") % {"most": MOST_ATTACHMENTS}]
    elif len(set(digests)) != len(digests):
        errors["attachments"] = [_("The same file is attached twice.")]
    elif Attachment.objects.filter(digest__in=digests).count() != len(digests):
        errors["attachments"] = [_("An attached file is not there. Upload it again.")]
    elif any(not 0 < len(item.title.strip()) <= MOST_TITLE for item in content.attachments):
        errors["attachments"] = [
            _("Every attachment needs a title of at most %(most)d characters.")
            % {"most": MOST_TITLE}
        ]


def _check_contrast(content: QuestionContent, errors: dict[str, list[Any]]) -> None:
    if bool(content.contrast_group) != bool(content.contrast_label.strip()):
        missing = "contrast_label" if content.contrast_group else "contrast_group"
        errors[missing] = [_("A contrast needs both: the group, and what tells this one apart.")]
    elif len(content.contrast_label) > _length_of(StandardQuestion, "contrast_label"):
        errors["contrast_label"] = [
            _("At most %(most)d characters.")
            % {"most": _length_of(StandardQuestion, "contrast_label")}
        ]
    elif content.contrast_group and not re.fullmatch(r"[-a-z0-9_]{1,60}", content.contrast_group):
        errors["contrast_group"] = [_("Small letters, digits and hyphens only.")]


def _check_dates(content: QuestionContent, errors: dict[str, list[Any]]) -> None:
    begins, ends = content.effective_from, content.expires_at
    if begins is not None and ends is not None and begins >= ends:
        errors["expires_at"] = [_("It would expire before it takes effect.")]


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
