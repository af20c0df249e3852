"""Who a session belongs to, read with the groups in one statement."""

from __future__ import annotations

from typing import Any

from django.forms import model_to_dict

from accounts.backends import DeskBackend
from klingdesk.core.roles import Role, roles_of


def test_it_is_the_user_that_the_mapper_reads_with_the_roles(
    manager: Any, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        found = DeskBackend().get_user(manager.pk)
        assert roles_of(found) == {Role.MANAGER}
    assert found == manager
    assert model_to_dict(found) == model_to_dict(manager)
    assert not found._state.adding


def test_without_a_group_there_is_no_role(stranger: Any) -> None:
    assert roles_of(DeskBackend().get_user(stranger.pk)) == set()


def test_nobody_and_who_was_deactivated_have_no_session(agent: Any) -> None:
    assert DeskBackend().get_user(0) is None
    agent.is_active = False
    agent.save()
    assert DeskBackend().get_user(agent.pk) is None
