"""Stock admin pages do not lead around the services, and show nothing that lets somebody in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse

from accounts.models import ApiToken, Authenticator, DeskSession, RecoveryCode
from klingdesk.changelist import StrictChangeList, StrictLists
from klingdesk.core.roles import BOT_GROUP
from tests.conftest import NOW
from tickets.models import Ticket
from tickets.services.claims import claim

EDITED_IN_ADMIN = {
    "auth.user",
    "kb.category",
    "kb.standardquestion",
    "kb.synonym",
    "tickets.routingrule",
    "tickets.team",
}
"""The only rows that a stock page may write; what they write is no state of work."""

SECRETS = (Authenticator, RecoveryCode, DeskSession, ApiToken, AccessAttempt, LogEntry, Group)


def registered() -> list[Any]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def path_of(model: Any, page: str, *args: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=args)


def logged_in(user: Any) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def test_no_secret_and_no_library_table_is_registered() -> None:
    assert not set(SECRETS) & set(registered())


def test_work_is_not_registered_for_editing() -> None:
    work = set(apps.get_app_config("tickets").get_models())
    shown = {m._meta.label_lower for m in registered() if m in work}
    assert shown - EDITED_IN_ADMIN <= {
        "tickets.slapolicy",
        "tickets.calendaroverride",
        "tickets.calendaryear",
    }
    assert Ticket not in registered()


@pytest.fixture
def rows(make_ticket: Callable[..., Ticket], advisor: Any) -> dict[Any, Any]:
    """The first row of every registered model that has one."""
    claim(number=make_ticket().number, acting_user=advisor, now=NOW)
    found = {model: model._default_manager.order_by("pk").first() for model in registered()}
    return {model: row for model, row in found.items() if row is not None}


@pytest.mark.parametrize("role", ["admin_person", "manager", "editor"])
def test_what_is_not_edited_there_cannot_be_changed_made_or_deleted(
    role: str, request: pytest.FixtureRequest, rows: dict[Any, Any]
) -> None:
    client = logged_in(request.getfixturevalue(role))
    tried = 0
    for model, row in rows.items():
        if model._meta.label_lower in EDITED_IN_ADMIN:
            continue
        before = list(model._default_manager.order_by("pk").values())
        given = dict.fromkeys(model_to_dict(row), "1")
        for page, args in (("change", [row.pk]), ("add", []), ("delete", [row.pk])):
            answer = client.post(path_of(model, page, *args), {**given, "post": "yes"})
            assert answer.status_code in {302, 403, 404}, (model, page)
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        client.post(path_of(model, "changelist"), chosen)
        assert list(model._default_manager.order_by("pk").values()) == before, model
        tried += 1
    assert tried >= 3


@pytest.mark.parametrize("role", ["admin_person", "manager"])
def test_state_owner_and_history_of_work_cannot_be_posted_anywhere(
    role: str, request: pytest.FixtureRequest, rows: dict[Any, Any]
) -> None:
    """Every stock form that there is, with the names of what only services may write."""
    client = logged_in(request.getfixturevalue(role))
    ticket = Ticket.objects.get()
    state = list(Ticket.objects.values())
    history = list(ticket.events.values())
    stolen = {
        "status": "closed",
        "assignee": "",
        "code": "ticket.closed",
        "tickets-TOTAL_FORMS": "1",
        "tickets-INITIAL_FORMS": "1",
        "tickets-0-id": ticket.pk,
        "tickets-0-status": "closed",
        "events-TOTAL_FORMS": "0",
        "events-INITIAL_FORMS": "0",
    }
    for model, row in rows.items():
        client.post(path_of(model, "change", row.pk), {**model_to_dict_text(row), **stolen})
    for name in ("ticket", "ticketevent", "consultation", "clock", "contactattempt"):
        for page in ("", "add/", f"{ticket.pk}/change/", f"{ticket.pk}/delete/"):
            assert client.post(f"/admin/tickets/{name}/{page}", stolen).status_code == 404
    assert list(Ticket.objects.values()) == state
    assert list(ticket.events.values()) == history


def model_to_dict_text(row: Any) -> dict[str, Any]:
    plain = (str, int, bool)
    return {name: v for name, v in model_to_dict(row).items() if isinstance(v, plain)}


def test_people_are_edited_without_a_hash_and_never_deleted(admin_person: Any, agent: Any) -> None:
    client = logged_in(admin_person)
    page = client.get(path_of(type(agent), "change", agent.pk)).content.decode()
    former = agent.password
    assert former.split("$")[-1] not in page
    assert 'name="password"' not in page
    assert 'name="user_permissions"' not in page
    given = {
        "username": "agent",
        "is_active": "on",
        "is_staff": "on",
        "password": "md5$x$y",
        "user_permissions": ["1"],
        "groups": [agent.groups.get().pk],
        "last_login_0": "2020-01-01",
        "last_login_1": "00:00",
    }
    assert client.post(path_of(type(agent), "change", agent.pk), given).status_code == 302
    agent.refresh_from_db()
    assert (agent.password, agent.last_login) == (former, None)
    assert not agent.user_permissions.exists()
    assert client.post(path_of(type(agent), "delete", agent.pk), {"post": "yes"}).status_code == 403
    assert get_user_model().objects.filter(pk=agent.pk).exists()


def test_a_role_that_is_given_opens_the_desk(admin_person: Any, stranger: Any) -> None:
    client = logged_in(admin_person)
    address = path_of(type(stranger), "change", stranger.pk)
    role = Group.objects.get(name="agent").pk
    plain = {"username": stranger.username, "is_active": "on"}

    client.post(address, plain)
    stranger.refresh_from_db()
    assert not stranger.is_staff, "nothing was given"
    page = client.post(address, {**plain, "groups": [role]}, follow=True).content.decode()
    assert "With a role goes staff status" in page
    stranger.refresh_from_db()
    assert stranger.is_staff
    client.post(address, {**plain, "groups": [role]})
    stranger.refresh_from_db()
    assert not stranger.is_staff, "who takes it away means it"
    programs = [Group.objects.get(name=BOT_GROUP).pk]
    client.post(address, {**plain, "groups": programs})
    stranger.refresh_from_db()
    assert not stranger.is_staff, "programs have no page"


def test_managers_and_editors_do_not_edit_people(manager: Any, editor: Any, agent: Any) -> None:
    for person in (manager, editor):
        client = logged_in(person)
        for address in (
            path_of(type(agent), "changelist"),
            path_of(type(agent), "change", agent.pk),
            f"/admin/auth/user/{agent.pk}/password/",
        ):
            assert client.get(address).status_code == 403
            assert client.post(address, {"is_superuser": "on"}).status_code == 403


def test_roles_of_people_are_said_in_words(
    admin_person: Any, manager: Any, as_person: Any, django_assert_max_num_queries: Any
) -> None:
    """In the list, and beside the boxes that give them; as many people, as many queries."""
    client = as_person(admin_person)
    with django_assert_max_num_queries(11):
        listed = client.get("/admin/auth/user/", headers={"accept-language": "en"})
    assert '<td class="field-roles">Manager</td>' in listed.content.decode()
    for role, found in (("manager", 1), ("editor", 0), ("nonsense", 2)):
        people = client.get("/admin/auth/user/", {"role": role}).context["cl"]
        assert people.result_count == found, role
    form = client.get(f"/admin/auth/user/{manager.pk}/change/").content.decode()
    assert "Program that answers users" in form
    assert "Tier-2 advisor" in form


SENSELESS = (
    *("{date}__year=-1", "{date}__year=99999", "q=%00", "{date}__year__gte=-5", "o=%00"),
    *(f"{{date}}__{part}={'9' * 25}" for part in ("year", "month", "day", "year__gte")),
    f"{{date}}__year={'9' * 12}",
)
OF_DJANGO = (admin.ModelAdmin.changelist_view, StrictLists.changelist_view)


@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_a_senseless_filter_is_refused(model: Any, admin_person: Any) -> None:
    page = admin.site._registry[model]
    assert issubclass(page.get_changelist(None), StrictChangeList)  # type: ignore[arg-type]
    client = logged_in(admin_person)
    # A page of our own stands in the list's place.
    if type(page).changelist_view not in OF_DJANGO:
        for written in SENSELESS:
            address = f"{path_of(model, 'changelist')}?{written.format(date='at')}"
            assert client.get(address, follow=True).status_code in {200, 400, 404}
        return
    dates = [f.name for f in model._meta.fields if f.get_internal_type().startswith("Date")]
    for written in SENSELESS:
        if "{date}" in written and not dates:
            continue
        address = f"{path_of(model, 'changelist')}?{written.format(date=dates[:1] and dates[0])}"
        response = client.get(address)
        if (
            response.status_code == 302
        ):  # Django's own answer to look-ups that a page does not offer
            assert response.headers["Location"].endswith("?e=1")
            continue
        assert response.status_code == 400, address
        assert "The request cannot be accepted" in response.content.decode()
    assert client.get(path_of(model, "changelist")).status_code == 200


@pytest.mark.parametrize("chosen", ["x", "\0", "9" * 25, "1 OR 1"])
@pytest.mark.parametrize("model", registered(), ids=lambda model: model._meta.label)
def test_what_is_no_row_cannot_be_chosen(model: Any, admin_person: Any, chosen: str) -> None:
    client = logged_in(admin_person)
    given = {"action": "delete_selected", "_selected_action": chosen}
    response = client.post(path_of(model, "changelist"), given)
    own = type(admin.site._registry[model]).changelist_view not in OF_DJANGO
    assert response.status_code in ({200, 302, 405} if own else {400}), response.status_code
