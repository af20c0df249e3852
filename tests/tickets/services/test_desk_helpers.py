"""Saved views, and who has a ticket open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.conftest import NOW
from tickets.models import Presence, SavedView, Ticket
from tickets.selectors.presence import others_here
from tickets.selectors.saved_views import views_for
from tickets.services.presence import purge_presence, seen
from tickets.services.saved_views import delete_view, rename_view, save_view, share_view


def keep(user: Any, name: str = "今天到期", query: str = "status=queued", **more: Any) -> SavedView:
    return save_view(acting_user=user, name=name, query=query, now=NOW, **more)


class TestSavedViews:
    def test_filters_are_kept_without_the_place_in_the_list(self, advisor: Any) -> None:
        view = keep(advisor, "  今天   到期 ", "?status=queued&team=tier2&page=3&cursor=abc&x=")
        assert (view.name, view.query) == ("今天 到期", "status=queued&team=tier2")
        assert list(views_for(user=advisor)) == [view]

    def test_a_name_is_taken_once_and_replaced_when_asked(
        self, advisor: Any, advisor2: Any
    ) -> None:
        keep(advisor)
        with pytest.raises(Conflict) as taken:
            keep(advisor, query="status=waiting")
        assert taken.value.code == "name_taken"
        assert keep(advisor, query="status=waiting", replace=True).query == "status=waiting"
        keep(advisor2)
        assert SavedView.objects.count() == 2

    @pytest.mark.parametrize(
        ("name", "query", "field"),
        [
            (" ", "", "name"),
            ("长" * 61, "", "name"),
            ("好", "account_id=880123456", "query"),
            ("好", "q=" + "x" * 1_000, "query"),
        ],
    )
    def test_mistakes(self, name: str, query: str, field: str, advisor: Any) -> None:
        with pytest.raises(Invalid) as wrong:
            keep(advisor, name, query)
        assert list(wrong.value.fields) == [field]

    def test_dates_are_no_account(self, advisor: Any) -> None:
        assert keep(advisor, query="due_before=2026-11-20").query == "due_before=2026-11-20"

    def test_fifty_at_most(self, advisor: Any) -> None:
        for number in range(50):
            keep(advisor, f"view {number}")
        with pytest.raises(Invalid):
            keep(advisor, "one more")
        keep(advisor, "view 7", replace=True)

    def test_only_people_who_work_with_tickets(self, editor: Any, stranger: Any) -> None:
        for user in (editor, stranger):
            with pytest.raises(NotAllowed):
                keep(user)

    def test_renaming(self, advisor: Any, advisor2: Any) -> None:
        view, other = keep(advisor), keep(advisor, "别的")
        assert rename_view(view_id=view.pk, acting_user=advisor, name="明天到期").name == "明天到期"
        with pytest.raises(Conflict):
            rename_view(view_id=view.pk, acting_user=advisor, name=other.name)
        with pytest.raises(Invalid):
            rename_view(view_id=view.pk, acting_user=advisor, name="")
        with pytest.raises(NotFound):
            rename_view(view_id=view.pk, acting_user=advisor2, name="我的")

    def test_managers_share_their_own_and_take_back_anybodys(
        self, advisor: Any, manager: Any, admin_person: Any
    ) -> None:
        view = keep(manager)
        hidden = keep(advisor, "我的")
        assert list(views_for(user=advisor)) == [hidden]
        share_view(view_id=view.pk, acting_user=manager, shared=True)
        assert list(views_for(user=advisor)) == [hidden, view]
        with pytest.raises(NotAllowed):
            share_view(view_id=hidden.pk, acting_user=advisor, shared=True)
        with pytest.raises(NotFound):
            share_view(view_id=hidden.pk, acting_user=manager, shared=True)
        with pytest.raises(NotAllowed):
            share_view(view_id=view.pk, acting_user=admin_person, shared=True)
        share_view(view_id=view.pk, acting_user=admin_person, shared=False)
        assert list(views_for(user=advisor)) == [hidden]

    def test_deleting_ones_own(self, advisor: Any, manager: Any) -> None:
        view = keep(advisor)
        with pytest.raises(NotFound):
            delete_view(view_id=view.pk, acting_user=manager)
        delete_view(view_id=view.pk, acting_user=advisor)
        with pytest.raises(NotFound):
            delete_view(view_id=view.pk, acting_user=advisor)


class TestPresence:
    def test_others_who_were_there_within_half_a_minute(
        self, make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any, manager: Any
    ) -> None:
        ticket, elsewhere = make_ticket(), make_ticket()
        advisor2.first_name = "乙"
        advisor2.save()
        seen(ticket=ticket, person=advisor, is_writing=True, now=NOW)
        seen(ticket=ticket, person=advisor2, is_writing=False, now=NOW)
        seen(ticket=ticket, person=manager, is_writing=True, now=NOW)
        seen(ticket=elsewhere, person=advisor2, is_writing=True, now=NOW)
        found = others_here(ticket=ticket, person=advisor, now=NOW + timedelta(seconds=30))
        assert [(each.username, each.name, each.is_writing) for each in found] == [
            ("manager", "manager", True),
            ("advisor2", "乙", False),
        ]
        assert others_here(ticket=ticket, person=advisor, now=NOW + timedelta(seconds=31)) == []

    def test_one_row_for_each_one_statement_and_one_query(
        self, make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
    ) -> None:
        ticket = make_ticket()
        seen(ticket=ticket, person=advisor2, is_writing=False, now=NOW)
        with CaptureQueriesContext(connection) as queries:
            seen(ticket=ticket, person=advisor2, is_writing=True, now=NOW + timedelta(seconds=9))
            (found,) = others_here(ticket=ticket, person=advisor, now=NOW)
        assert found.is_writing
        assert Presence.objects.count() == 1
        work = [query for query in queries if "SAVEPOINT" not in query["sql"]]
        assert len(work) == 2, [query["sql"] for query in work]

    def test_who_was_there_long_ago_is_forgotten(
        self, make_ticket: Callable[..., Ticket], advisor: Any, advisor2: Any
    ) -> None:
        ticket = make_ticket()
        seen(ticket=ticket, person=advisor, is_writing=False, now=NOW)
        seen(ticket=ticket, person=advisor2, is_writing=False, now=NOW + timedelta(minutes=5))
        assert purge_presence(now=NOW + timedelta(minutes=11)) == 1
        assert Presence.objects.get().person == advisor2
