"""A person's exports. Nobody sees anybody else's, whatever the role."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from klingdesk.core.errors import NotFound
from tickets.models import Export


def exports_for(*, user: Any) -> QuerySet[Export]:
    """The person's own, the latest first."""
    return Export.objects.filter(owner=user)


def export_get_for(*, user: Any, export_id: int) -> Export:
    """One of the person's own. ``NotFound``."""
    export = exports_for(user=user).filter(pk=export_id).first()
    if export is None:
        raise NotFound(_("There is no such export of yours."))
    return export


def error_words(code: str) -> str:
    """Why an export failed and what to do, in the active language."""
    return {
        "not_allowed": _("Your role does not allow this table any more."),
        "refused": _("The filters cannot be read any more. Open the page and export again."),
        "too_slow": _("The database took too long. Narrow the filters or the period."),
        "broken": _(
            "Something went wrong here. Export again; if that fails, tell whoever runs the desk."
        ),
        "gave_up": _("It was begun several times and never ended. Narrow the filters."),
    }.get(code, "")
