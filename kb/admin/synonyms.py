"""Synonyms: a rule that would break the search is refused at its field."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from kb.admin.base import AnyModelAdmin, AnyModelForm
from kb.models import Synonym
from kb.services.synonyms import check_synonym, delete_synonyms, save_synonym
from klingdesk.core.errors import Invalid


class SynonymForm(AnyModelForm):
    class Meta:
        model = Synonym
        fields = ("variant", "canonical")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        try:
            check_synonym(
                variant=data["variant"], canonical=data["canonical"], synonym_id=self.instance.pk
            )
        except Invalid as error:
            for field, problems in error.fields.items():
                self.add_error(field, [str(problem) for problem in problems])
        return data


@admin.register(Synonym)
class SynonymAdmin(AnyModelAdmin):
    form = SynonymForm
    list_display = ("variant", "canonical")
    search_fields = ("variant", "canonical")
    list_per_page = 100
    show_full_result_count = False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A rule that became contradictory between check and save is checked once more.

        The second round sees what the other editor saved, so the form comes back with its error.
        """
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Invalid:
            return super().changeform_view(request, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: Synonym, form: AnyModelForm, change: bool
    ) -> None:
        saved = save_synonym(
            variant=obj.variant, canonical=obj.canonical, synonym_id=obj.pk if change else None
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Synonym) -> None:
        delete_synonyms(synonym_ids=[obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Synonym]) -> None:
        delete_synonyms(synonym_ids=list(queryset.values_list("pk", flat=True)))
