"""People in the stock admin, and what of libraries' pages is not shown there.

Groups are the roles, made by migration; tokens and sessions are ended on the pages of logins.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db.models import ManyToManyField, QuerySet
from django.forms import CheckboxSelectMultiple
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.services.passwords import password_set_by_other
from accounts.services.sessions import end_logins
from klingdesk.changelist import StrictLists
from klingdesk.core.roles import GROUP_ROLES
from klingdesk.lean_media import LeanMedia
from klingdesk.role_words import GROUP_WORDS

User = get_user_model()

admin.site.unregister(User)
admin.site.unregister(Group)


class RoleFilter(admin.SimpleListFilter):
    """The groups that have words: roles, and programs."""

    title = _("Roles")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(GROUP_WORDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(groups__name=chosen) if chosen in GROUP_WORDS else queryset


@admin.register(User)
class DeskUserAdmin(StrictLists, LeanMedia, UserAdmin):  # type: ignore[type-arg]
    """People are made, changed and deactivated here, never deleted: their history names them.

    No password hash is shown. A password set here is changed by its owner at the next login.
    """

    change_form_template = "admin/accounts/user_form.html"
    fieldsets = (
        (None, {"fields": ("username", "first_name", "last_name", "email")}),
        (_("Permissions"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Important dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": ("username", "password1", "password2")}),
    )
    readonly_fields = ("last_login", "date_joined")
    list_display = ("username", "first_name", "last_name", "roles", "is_active", "is_superuser")
    list_filter = ("is_active", "is_staff", "is_superuser", RoleFilter)
    filter_horizontal = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("groups")

    @admin.display(description=_("Roles"))
    def roles(self, person: Any) -> str:
        names = sorted(group.name for group in person.groups.all())
        return ", ".join(str(GROUP_WORDS[name]) for name in names if name in GROUP_WORDS)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """The roles as boxes: there are few, and Django's two lists need a script."""
        kwargs["widget"] = CheckboxSelectMultiple
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups":
            field.label_from_instance = lambda group: GROUP_WORDS.get(group.name, group.name)
        return field

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new person owes a password of their own; a deactivated one is logged out."""
        super().save_model(request, obj, form, change)
        if not change:
            password_set_by_other(user=obj)
        elif {"is_active", "is_staff"} & set(form.changed_data):
            end_logins(user=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A role that was just given opens the desk: without being staff nobody could log in, and
        would be told that the password is wrong."""
        super().save_related(request, form, formsets, change)
        person, changed = form.instance, set(form.changed_data)
        if person.is_staff or "groups" not in changed or "is_staff" in changed:
            return
        if person.groups.filter(name__in=GROUP_ROLES).exists():
            person.is_staff = True
            person.save(update_fields=["is_staff"])
            self.message_user(request, _("With a role goes staff status: it is set, too."))

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        """As Django does it; then all logins of that person end, and the password is owed."""
        before = self.get_object(request, id)
        former = before.password if before is not None else None
        response = super().user_change_password(request, id, form_url)
        after = self.get_object(request, id) if former is not None else None
        if after is not None and after.password != former and after.pk != request.user.pk:
            password_set_by_other(user=after)
        elif after is not None and after.password != former:
            end_logins(user=after, but=(request.session.session_key or "",))
        return response
