"""What the services of the knowledge base are tried on."""

from __future__ import annotations

import pytest

from kb.services.starter import load_starter
from tests.beginnings import begin_with
from tests.conftest import NOW


@pytest.fixture
def starter(desk: None) -> None:
    """The starter knowledge base, as a new desk has it."""
    begin_with("starter of now", lambda: load_starter(now=NOW))
