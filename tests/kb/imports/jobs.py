"""Imports as a page begins them, and the worker that goes on with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kb.models import ImportBatch
from kb.services.import_apart import Offered
from kb.services.import_jobs import begin_import, work_on_imports
from tests.conftest import NOW


def offered(name: str, text: str | bytes) -> Offered:
    data = text if isinstance(text, bytes) else text.encode()
    return Offered(name, len(data), lambda: data)


def begun(person: Any, *files: Offered, language: str = "en", now: datetime = NOW) -> ImportBatch:
    """An import that no worker has seen yet."""
    return begin_import(files=files, acting_user=person, language=language, now=now)


def worked_on(batch: ImportBatch, *, now: datetime = NOW) -> ImportBatch:
    """``batch`` after a worker had everything that waits."""
    work_on_imports(now=now)
    batch = ImportBatch.objects.get(pk=batch.pk)
    assert batch.claimed_until is None
    return batch
