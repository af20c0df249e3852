"""What an editor does with the form: each step goes through its service, nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.base import instant_words
from kb.admin.question_conflict import meanwhile
from kb.admin.question_editing import ATTACHMENTS, Editing, Standpoint, standpoint_of
from kb.admin.question_form import title_of_file
from kb.admin.question_page import show_page
from kb.models import Draft, DraftSource, StandardQuestion
from kb.rules.keys import key_for
from kb.rules.lifecycle import Status
from kb.services.attachments import MOST_VIDEO, keep_upload
from kb.services.content import QuestionContent
from kb.services.content_rules import check_content
from kb.services.drafts import discard_draft, save_draft, send_back_draft, submit_content
from kb.services.publishing import publish_question, retire_question
from klingdesk.core.errors import Conflict, Invalid, NotFound

LOOK = "look"
"""Only show the page again, with what was typed and what was uploaded."""

_NO_REASON = gettext_lazy("Say in a few words why: it is kept with the revision.")


@dataclass(frozen=True, slots=True)
class Sent:
    """One sent form on its way into a service."""

    request: HttpRequest
    standpoint: Standpoint
    editing: Editing

    @property
    def content(self) -> QuestionContent:
        return self.editing.content()

    def typed(self, name: str) -> Any:
        return self.editing.form.value(name)

    @property
    def key(self) -> str:
        """The question's key; a new one without a key gets it from its title."""
        if self.standpoint.question is not None:
            return self.standpoint.question.key
        typed = str(self.typed("key"))
        taken = set(StandardQuestion.objects.values_list("key", flat=True))
        if typed in taken:
            raise Invalid(
                _("The draft was not saved."),
                fields={"key": [_("There is a question with this key. Choose another one.")]},
            )
        return typed or key_for(self.content.title, taken=taken)

    @property
    def guards(self) -> dict[str, Any]:
        return {
            "acting_user": self.request.user,
            "now": timezone.now(),
            "expected_revision": self.typed("expected_revision"),
        }

    def reason(self) -> str:
        """The reason of a step that needs one; ``Invalid`` at the field when it is missing."""
        reason = str(self.typed("reason"))
        if not reason:
            raise Invalid(_("Say why."), fields={"reason": [_NO_REASON]})
        return reason

    def reason_to_publish(self, content: QuestionContent) -> str:
        """As ``reason``, with everything that is wrong about ``content`` told at once."""
        try:
            check_content(content)
        except Invalid as error:
            missing = {} if self.typed("reason") else {"reason": [_NO_REASON]}
            raise Invalid(error.message, fields={**error.fields, **missing}) from error
        return self.reason()

    def refuse_unsaved(self) -> None:
        """Stop a step that would drop what was typed."""
        if self.content != self.standpoint.content():
            raise Invalid(
                _("There are changes in the form that are not saved. Save the draft first.")
            )


@dataclass(frozen=True, slots=True)
class Done:
    """``question_id`` None: the question is gone."""

    words: str
    question_id: int | None


def take_step(request: HttpRequest, standpoint: Standpoint) -> HttpResponse:
    """Carry out the step that the pressed button names.

    Success leads to the page anew; anything else shows the form with all that was typed: 422
    with errors at the fields, 409 with what somebody else did meanwhile.
    """
    data, refused = _with_uploads(request)
    editing = Editing.sent(data, standpoint)
    for problem in refused:
        editing.form.add_error("uploads", problem)
    step = _STEPS.get(request.POST.get("step", ""), _look)
    if not editing.is_valid():
        return show_page(request, standpoint, editing, status=422)
    if step in _MAKING and (twin := _twin(request, standpoint, editing)) is not None:
        messages.info(request, _("This was saved already; here it is."))
        return redirect("admin:kb_standardquestion_change", twin)
    try:
        done = step(Sent(request, standpoint, editing))
    except Invalid as error:
        editing.refuse(error)
        return show_page(request, standpoint, editing, status=422)
    except (Conflict, NotFound) as error:
        return _moved_on(request, standpoint, editing, str(error))
    if done is None:
        shown = Editing.showing(editing.content(), standpoint, **_kept(editing))
        return show_page(request, standpoint, shown)
    messages.success(request, done.words)
    if done.question_id is None:
        return redirect("admin:kb_standardquestion_changelist")
    return redirect("admin:kb_standardquestion_change", done.question_id)


def _twin(request: HttpRequest, standpoint: Standpoint, editing: Editing) -> int | None:
    """A new question that the same editor has just made of the same form: sent twice."""
    if standpoint.question is not None:
        return None
    drafts = Draft.objects.filter(author_id=request.user.pk, question__revision_number=0)
    same = drafts.filter(content=editing.content().as_json())
    return same.values_list("question_id", flat=True).first()


def _kept(editing: Editing) -> dict[str, Any]:
    names = ("key", "reason", "comment", "expected_revision", "expected_version", "loaded")
    return {name: editing.form.value(name) for name in names}


def _moved_on(
    request: HttpRequest, before: Standpoint, editing: Editing, words: str
) -> HttpResponse:
    """The form counts from what is there now, so that saving again is a decision."""
    now = _present(request, before)
    found = meanwhile(editing, now, user=request.user)
    typed = {name: editing.form.value(name) for name in ("key", "reason", "comment")}
    fresh = Editing.showing(found.content, now, **typed, expected_revision=now.revision)
    return show_page(request, now, fresh, status=409, conflict=found, conflict_words=words)


def _present(request: HttpRequest, before: Standpoint) -> Standpoint:
    if before.question is None:
        return before
    try:
        return standpoint_of(user=request.user, question_id=before.question.pk)
    except NotFound:
        return Standpoint()


def _with_uploads(request: HttpRequest) -> tuple[QueryDict, list[str]]:
    """The sent fields, with a row for each new file; and why files were refused.

    Files are kept at once: a browser cannot show them again in a form that has errors.
    """
    data = request.POST.copy()
    refused = []
    for upload in request.FILES.getlist("uploads"):
        name = upload.name or ""
        try:
            kept = keep_upload(
                name=name,
                data=upload.read(MOST_VIDEO + 1),
                acting_user=request.user,
                now=timezone.now(),
            )
        except Invalid as error:
            refused.append(f"{name}: {error.message}")
        else:
            _add_row(data, digest=kept.digest, title=title_of_file(name))
    return data, refused


def _add_row(data: QueryDict, *, digest: str, title: str) -> None:
    """A row for an attachment, unless it has one that stays."""
    total = f"{ATTACHMENTS}-TOTAL_FORMS"
    sent = data.get(total, "")
    count = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 5 else 0
    for number in range(count):
        row = f"{ATTACHMENTS}-{number}"
        if data.get(f"{row}-digest") == digest and not data.get(f"{row}-DELETE"):
            return
    data[f"{ATTACHMENTS}-{count}-digest"] = digest
    data[f"{ATTACHMENTS}-{count}-title"] = title
    data[total] = str(count + 1)


# --- the steps ------------------------------------------------------------------------------------


def _look(sent: Sent) -> None:
    return None


def _save(sent: Sent) -> Done:
    draft = save_draft(
        key=sent.key,
        content=sent.content,
        reason=str(sent.typed("reason")),
        source=_source(sent),
        expected_version=sent.typed("expected_version"),
        **sent.guards,
    )
    return Done(_("The draft is saved. Nobody but editors sees it."), draft.question_id)


def _submit(sent: Sent) -> Done:
    draft = submit_content(
        key=sent.key,
        content=sent.content,
        reason=str(sent.typed("reason")),
        source=_source(sent),
        expected_version=sent.typed("expected_version"),
        **sent.guards,
    )
    return Done(_("The draft is saved and waits for its review."), draft.question_id)


def _source(sent: Sent) -> str:
    draft = sent.standpoint.draft
    return draft.source if draft is not None else DraftSource.PERSON.value


def _publish(sent: Sent, status: Status) -> Done:
    content = replace(sent.content, status=status.value)
    reason = sent.reason_to_publish(content)
    question = publish_question(
        key=sent.key,
        content=content,
        reason=reason,
        replaces_draft=sent.typed("expected_version"),
        **sent.guards,
    )
    if question.replaced_at is not None:
        words = _("Approved: it takes over %(time)s; until then the present text stays.") % {
            "time": instant_words(question.replaced_at)
        }
    elif status is Status.UNRELEASED:
        words = _("Published as not released: agents know it, users are given the fallback.")
    else:
        words = _("Published as revision %(number)d.") % {"number": question.revision_number}
    return Done(words, question.pk)


def _publish_online(sent: Sent) -> Done:
    return _publish(sent, Status.ONLINE)


def _publish_unreleased(sent: Sent) -> Done:
    return _publish(sent, Status.UNRELEASED)


def _send_back(sent: Sent) -> Done:
    sent.refuse_unsaved()
    draft = send_back_draft(
        key=sent.key,
        acting_user=sent.request.user,
        comment=str(sent.typed("comment")),
        now=timezone.now(),
        expected_version=sent.typed("expected_version"),
    )
    return Done(_("The draft is sent back with your comment."), draft.question_id)


def _discard(sent: Sent) -> Done:
    question = sent.standpoint.question
    discard_draft(
        key=sent.key,
        acting_user=sent.request.user,
        now=timezone.now(),
        expected_version=sent.typed("expected_version"),
    )
    stays = question is not None and question.revision_number > 0
    return Done(_("The draft is thrown away."), question.pk if question and stays else None)


def _retire(sent: Sent) -> Done:
    sent.refuse_unsaved()
    question = retire_question(key=sent.key, reason=sent.reason(), **sent.guards)
    return Done(_("Retired: nobody is given this answer any more."), question.pk)


_STEPS: dict[str, Callable[[Sent], Done | None]] = {
    LOOK: _look,
    "save": _save,
    "submit": _submit,
    "publish": _publish_online,
    "publish_unreleased": _publish_unreleased,
    "send_back": _send_back,
    "discard": _discard,
    "retire": _retire,
}
_MAKING = (_save, _submit)
