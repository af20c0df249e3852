from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import NOW
from tests.reports.histories import make_history


@pytest.fixture
def history(
    questions: dict[str, Any], agent: Any, advisor: Any, advisor2: Any
) -> Callable[..., None]:
    """Fill the desk with a random history: ``history(seed=1, count=80, now=NOW)``."""

    def make(seed: int = 1, count: int = 80, now: datetime = NOW) -> None:
        make_history(
            random.Random(seed),
            now=now,
            count=count,
            questions=list(questions.values()),
            reporter=agent,
            advisors=[advisor, advisor2],
        )

    return make
