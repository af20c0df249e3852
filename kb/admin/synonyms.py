"""Synonyms: every change is looked at before it is made, on the searches that users made."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import TextInput
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from kb.admin.base import AnyModelForm, DeskModelAdmin
from kb.models import Synonym
from kb.services.synonyms import (
    check_synonym,
    delete_synonyms,
    preview_deletion,
    preview_synonym,
    save_synonym,
)
from klingdesk.core.errors import DeskError, Invalid, NotFound
from klingdesk.pages import desk_render, is_htmx

MOST_CHANGES = 50
LIST = "admin:kb_synonym_changelist"


class SynonymForm(AnyModelForm):
    class Meta:
        model = Synonym
        fields = ("variant", "canonical")
        widgets = {name: TextInput(attrs={"autocomplete": "off"}) for name in fields}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            check_synonym(
                variant=data["variant"], canonical=data["canonical"], synonym_id=self.instance.pk
            )
        except Invalid as error:
            self.refuse(error)
        return data

    def refuse(self, error: Invalid) -> None:
        """Show a service's messages at their fields."""
        for field, problems in error.fields.items():
            self.add_error(field, [str(problem) for problem in problems])


@admin.register(Synonym)
class SynonymAdmin(DeskModelAdmin):
    form = SynonymForm
    list_display = ("variant", "canonical")
    search_fields = ("variant", "canonical")
    show_full_result_count = False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting several is looked at first, too."""
        actions: dict[str, Any] = super().get_actions(request)
        if "delete_selected" in actions:
            _stock, name, label = actions["delete_selected"]
            actions["delete_selected"] = (delete_after_preview, name, label)
        return actions

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form; its first POST shows what would change, the second one saves that."""
        rule = self._rule(request, object_id)
        if isinstance(rule, HttpResponse):
            return rule
        if request.method != "POST":
            return self._form_page(request, SynonymForm(instance=rule), rule)
        form = SynonymForm(request.POST, instance=rule)
        if not form.is_valid():
            return self._form_page(request, form, rule, status=422)
        typed = {name: form.cleaned_data[name] for name in ("variant", "canonical")}
        seen = {name: request.POST.get(f"seen_{name}", "") for name in typed}
        try:
            if "confirm" in request.POST and seen == typed:
                return self._save(request, form, rule, **typed)
            preview = preview_synonym(
                **typed, synonym_id=rule.pk if rule else None, now=timezone.now()
            )
        except Invalid as error:
            # Contradictory since the form was checked: somebody else has just saved a rule.
            form = SynonymForm(request.POST, instance=rule)
            form.full_clean()
            form.refuse(error)
            return self._form_page(request, form, rule, status=422)
        except NotFound as gone:
            return self._gone(request, gone)
        context: dict[str, Any] = {"preview": preview, "most_changes": MOST_CHANGES, "seen": typed}
        return self._form_page(request, form, rule, **context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the search would be without the rule, and the button that deletes it."""
        rule = self._rule(request, object_id, to_delete=True)
        if isinstance(rule, HttpResponse):
            return rule
        assert rule is not None  # noqa: S101 - an address with an id
        return deletion_page(self, request, [rule], hidden=())

    def _rule(
        self, request: HttpRequest, object_id: str | None, *, to_delete: bool = False
    ) -> Synonym | HttpResponse | None:
        """The rule that the address names, None when one is to be added, or where to go instead."""
        if object_id is None:
            if not self.has_add_permission(request):
                raise PermissionDenied
            return None
        rule: Synonym | None = self.get_object(request, unquote(object_id))
        allowed = self.has_delete_permission if to_delete else self.has_change_permission
        if not allowed(request, rule):
            raise PermissionDenied
        if rule is None:
            return self._gone(request, NotFound(_("This synonym has been deleted.")))
        return rule

    def _gone(self, request: HttpRequest, error: DeskError) -> HttpResponse:
        messages.warning(request, str(error))
        return redirect(LIST)

    def _save(
        self, request: HttpRequest, form: Any, rule: Synonym | None, **typed: str
    ) -> HttpResponse:
        saved = save_synonym(**typed, synonym_id=rule.pk if rule else None)
        note = self.construct_change_message(request, form, [], rule is None)
        if rule is None:
            self.log_addition(request, saved, note)
        else:
            self.log_change(request, saved, note)
        messages.success(
            request,
            _("“%(rule)s” is saved; the search uses it in a few seconds.") % {"rule": saved},
        )
        return redirect(LIST)

    def _form_page(
        self,
        request: HttpRequest,
        form: SynonymForm,
        rule: Synonym | None,
        *,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        context = {
            "title": _("Change a synonym") if rule else _("Add a synonym"),
            "form": form,
            "rule": rule,
            "list_url": LIST,
            **more,
        }
        return desk_render(request, "admin/kb/synonym_form.html", context, status=status)


def delete_after_preview(
    modeladmin: SynonymAdmin, request: HttpRequest, queryset: QuerySet[Synonym]
) -> HttpResponse:
    """The action of the list."""
    rules = list(queryset)
    hidden = [("action", "delete_selected"), *(("_selected_action", rule.pk) for rule in rules)]
    return deletion_page(modeladmin, request, rules, hidden=hidden)


def deletion_page(
    modeladmin: SynonymAdmin, request: HttpRequest, rules: list[Synonym], *, hidden: Any
) -> HttpResponse:
    """Delete ``rules`` when the page that shows the effect was confirmed; else show it.

    Hundreds of searches are repeated for the effect: the page opened by its address stands at
    once and asks for that part by itself (``?effect=1``).
    """
    if request.POST.get("post"):
        ids = [rule.pk for rule in rules]
        modeladmin.log_deletions(request, Synonym.objects.filter(pk__in=ids))
        done = delete_synonyms(synonym_ids=ids)
        text = ngettext("%(count)d synonym deleted.", "%(count)d synonyms deleted.", done)
        messages.success(request, text % {"count": done})
        return redirect(LIST)
    context: dict[str, Any] = {
        "title": _("Delete synonyms"),
        "rules": rules,
        "hidden": hidden,
        "most_changes": MOST_CHANGES,
        "list_url": LIST,
    }
    if request.method == "POST" or "effect" in request.GET:
        ids = [rule.pk for rule in rules]
        context["preview"] = preview_deletion(synonym_ids=ids, now=timezone.now())
        if is_htmx(request):
            return render(request, "admin/kb/_synonym_preview.html", context)
    return desk_render(request, "admin/kb/synonym_delete.html", context)
