"""Teams in the stock admin."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import Count, ForeignKey, ManyToManyField, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from kb.admin.base import AnyMultipleChoice, DeskModelAdmin
from klingdesk.boxes import ManyBoxes
from klingdesk.core.roles import Role
from tickets.models import Team
from tickets.services.teams import assign_soon, make_default_team


class MembersField(AnyMultipleChoice):
    def label_from_instance(self, obj: Any) -> str:
        name = obj.get_full_name()
        return f"{name} ({obj.get_username()})" if name else str(obj.get_username())


@admin.register(Team)
class TeamAdmin(DeskModelAdmin):
    list_display = ("name", "slug", "is_default", "lead", "assignment", "member_count")
    list_select_related = ("lead",)
    fields = ("name", "slug", "is_default", "lead", "assignment", "members")
    actions = ("make_default",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(member_count=Count("members"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Events and addresses name a team by its slug, so it stays; see also the action."""
        return ("slug", "is_default") if obj is not None else ("is_default",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """People who may take tickets; and whoever is a member already, to be seen and removed."""
        may_work = Q(is_active=True, groups__name__in=[Role.ADVISOR, Role.MANAGER])
        people = get_user_model().objects.filter(may_work | Q(teams__isnull=False))
        kwargs["queryset"] = people.distinct().order_by("username")
        kwargs["form_class"] = MembersField
        kwargs["widget"] = ManyBoxes
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A lead is told of what concerns the team: somebody who works there."""
        may_lead = Q(is_active=True, groups__name__in=[Role.ADVISOR, Role.MANAGER])
        people = get_user_model().objects.filter(may_lead | Q(led_teams__isnull=False))
        kwargs["queryset"] = people.distinct().order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        assign_soon(team=form.instance)

    @admin.display(description=_("members"))
    def member_count(self, team: Team) -> int:
        return int(team.member_count)  # type: ignore[attr-defined]

    @admin.action(description=_("Make this the default team"), permissions=["change"])
    def make_default(self, request: HttpRequest, queryset: QuerySet[Team]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose exactly one team."), messages.ERROR)
            return
        team = make_default_team(team_id=chosen[0])
        self.message_user(
            request,
            _("%(team)s now gets all tickets that no rule sends elsewhere.") % {"team": team},
            messages.SUCCESS,
        )
