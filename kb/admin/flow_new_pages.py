"""A new flow: from a small text that can be published, or as a copy of another one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kb.admin.question_fields import TextField
from kb.flows.errors import FlowErrors
from kb.flows.skeleton import renamed, skeleton
from kb.flows.source import SOURCE_LIMIT
from kb.models import Flow, StandardQuestion
from kb.rules.keys import key_for
from kb.rules.lifecycle import Status
from kb.selectors.flows import FALLBACK_QUESTION, flow_for, flow_list, text_of
from kb.services.flow_drafts import MOST_KEY, MOST_TITLE, create_flow
from klingdesk.core.errors import Conflict, Invalid
from klingdesk.core.roles import Role
from klingdesk.pages import desk_page, desk_render


class NewFlowForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=MOST_TITLE,
        error_messages={"required": gettext_lazy("Please fill this in.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        required=False,
        max_length=MOST_KEY,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}
        ),
        help_text=gettext_lazy(
            "Small letters, digits and hyphens; it never changes. Empty: made from the title."
        ),
    )
    question = forms.ChoiceField(
        label=gettext_lazy("Standard question"),
        help_text=gettext_lazy("Under which a ticket is made. It can be changed in the text."),
    )
    copy_of = forms.ChoiceField(
        label=gettext_lazy("Begin with"),
        required=False,
        help_text=gettext_lazy(
            "A copy has the other flow's text as it stands now, its draft before what is published."
        ),
    )
    text = TextField(
        label=gettext_lazy("Text of the flow (YAML)"),
        required=False,
        strip=False,
        max_length=SOURCE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 16, "wrap": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        questions = StandardQuestion.objects.visible_to(user).exclude(status=Status.RETIRED)
        rows = list(questions.order_by("title").values_list("key", "title"))
        self._offer("question", rows)
        flows = flow_list(user=user).values_list("key", "title")
        self._offer("copy_of", [("", _("a small flow to begin with")), *flows])
        keys = {key for key, _title in rows}
        self.initial.setdefault("question", FALLBACK_QUESTION if FALLBACK_QUESTION in keys else "")

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so above
        field.choices = choices


@desk_page(Role.EDITOR, methods=("GET", "HEAD", "POST"))
def new_flow(request: HttpRequest) -> HttpResponse:
    """Asks for title and key; 422 with what is wrong, else on to the new flow's text."""
    if request.method != "POST":
        form = NewFlowForm(user=request.user, initial={"copy_of": request.GET.get("copy_of", "")})
        return _show(request, form)
    form = NewFlowForm(request.POST, user=request.user)
    if not form.is_valid():
        return _show(request, form, status=422)
    given = form.cleaned_data
    key = given["key"] or _free_key(given["title"])
    try:
        draft = create_flow(
            key=key,
            title=given["title"],
            text=_text(form, key, user=request.user),
            acting_user=request.user,
            now=timezone.now(),
        )
    except Conflict as taken:
        form.add_error("key", str(taken))
        return _show(request, form, status=409)
    except Invalid as refused:
        for name, problems in refused.fields.items():
            form.add_error(name, [str(problem) for problem in problems])
        return _show(request, form, status=422)
    messages.success(request, _("The flow is begun. Nobody walks it before it is published."))
    return redirect("admin:kb_flow", key=draft.flow.key)


def show_vanished(request: HttpRequest, *, key: str, text: str) -> HttpResponse:
    """409: the flow that ``text`` was typed for is gone; it can be begun anew with it."""
    form = NewFlowForm(user=request.user, initial={"key": key, "text": text})
    problem = _(
        "This flow was thrown away meanwhile. What you typed is below: begin the flow anew with "
        "it, or copy it."
    )
    return _show(request, form, problem=problem, status=409)


def _show(
    request: HttpRequest, form: NewFlowForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "title": _("New flow"),
        "form": form,
        "problem": problem,
        "has_text": bool(form["text"].value()),
    }
    return desk_render(request, "admin/kb/flow_new.html", context, status=status)


def _text(form: NewFlowForm, key: str, *, user: Any) -> str:
    """What the new flow begins with. ``Invalid`` for a copy of something unreadable."""
    given = form.cleaned_data
    title = given["title"].strip()
    if given["text"].strip():
        return str(given["text"])
    if not given["copy_of"]:
        return skeleton(key=key, title=title, question=given["question"])
    other = text_of(flow_for(user=user, key=given["copy_of"]))
    try:
        return renamed(other.text, key=key, title=title)
    except FlowErrors as unread:
        words = _("The text of that flow cannot be read as it stands; choose another one.")
        raise Invalid(words, fields={"copy_of": [words]}) from unread


def _free_key(title: str) -> str:
    """From the title; taken keys get a number. A race for one ends in the service's Conflict."""
    taken = set(Flow.objects.values_list("key", flat=True))
    return key_for(title, taken=taken)


urlpatterns = [path("kb-flow-new/", new_flow, name="kb_flow_new")]
