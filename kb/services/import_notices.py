"""Telling whoever began something long with an import that it has ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from kb.models import ImportBatch
from klingdesk.core.roles import Role
from notices.rules.topics import Topic
from notices.services import notify

READ: Final = "kb.import_read"
REFUSED: Final = "kb.import_refused"
SAVED: Final = "kb.import_saved"
NOT_SAVED: Final = "kb.import_not_saved"

WAITED_FOR: Final = timedelta(seconds=5)
"""What is done sooner is seen at its page: nobody has left it yet."""

_MOST_NAMES = 80

IMPORTS = Topic(
    "kb.imports",
    _("Imports"),
    _("An import that I began was read, refused or saved."),
    frozenset({Role.EDITOR.value}),
)

IMPORT_TEXTS = {
    READ: _("The import of %(files)s was read and waits for your review."),
    REFUSED: _("The files of the import of %(files)s cannot be read; its page says why."),
    SAVED: _("The import of %(files)s was saved: %(count)s drafts."),
    NOT_SAVED: _("Nothing of the import of %(files)s was saved; its page says why."),
}


def tell_ended(*, batch: ImportBatch, code: str, count: int, now: datetime) -> None:
    """Whoever asked for it, unless it was done while they looked on."""
    if batch.asked_by is None or batch.asked_at is None or now - batch.asked_at < WAITED_FOR:
        return
    names = str(batch)
    files = names if len(names) <= _MOST_NAMES else f"{names[: _MOST_NAMES - 1]}…"
    notify(
        recipients=[batch.asked_by],
        code=code,
        event=f"{code}:{batch.pk}:{batch.asked_at.isoformat()}",
        params={"files": files, "count": count},
        path=reverse("admin:kb_import", args=[batch.pk]),
        now=now,
    )
