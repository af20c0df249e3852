"""Two editors at one proposal: it is applied once, and the second learns it."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from kb.models import Draft, StandardQuestion
from kb.services.importing import GivenFile, apply_import, default_choices, store_import
from klingdesk.core.errors import Conflict
from tests.concurrency.threads import at_once, held, in_background, outcome, wait_until_blocked
from tests.conftest import NOW
from tests.kb.imports.documents import TEXT_FORM

pytestmark = pytest.mark.django_db(transaction=True)
FILE = GivenFile("a.txt", TEXT_FORM.encode())


def applying(editor: Any) -> partial[Any]:
    batch = store_import(files=[FILE], acting_user=editor, now=NOW)
    choices = default_choices(batch.proposal)
    return partial(apply_import, batch_id=batch.pk, choices=choices, acting_user=editor, now=NOW)


def test_a_second_apply_waits_and_is_refused(editor: Any) -> None:
    apply = applying(editor)
    with held(apply) as commit:
        second = in_background(apply)
        wait_until_blocked()
        commit()
    refused = outcome(second)
    assert isinstance(refused, Conflict)
    assert refused.code == "import.closed"
    assert StandardQuestion.objects.count() == Draft.objects.count() == 11


def test_two_imports_of_one_file_at_once_double_nothing(editor: Any) -> None:
    results = at_once(applying(editor), applying(editor))
    refused = [each for each in results if isinstance(each, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict)
    assert StandardQuestion.objects.count() == Draft.objects.count() == 11
