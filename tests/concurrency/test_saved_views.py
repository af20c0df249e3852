"""Views that one person saves in several windows at once: the limit holds."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.concurrency.threads import at_once
from tests.conftest import NOW
from tickets.models import SavedView
from tickets.services import saved_views
from tickets.services.saved_views import save_view

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_more_than_the_limit(advisor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    names = [f"view {number}" for number in range(6)]
    keep = partial(save_view, acting_user=advisor, query="status=queued", now=NOW)
    answers = at_once(*[partial(keep, name=name) for name in names])
    assert sum(isinstance(answer, SavedView) for answer in answers) == 2
    assert SavedView.objects.count() == 2
