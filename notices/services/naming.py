"""Names that are given once: of webhooks, and of whatever stands above and leads outside, too."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid


def save_named(row: Model, *, refusal: Any) -> None:
    """Save ``row``; ``Invalid`` with ``refusal`` at the field ``name`` when its name is taken.

    The unique index decides that, also between two managers at once.
    """
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "name" not in str(error):
            raise
        raise Invalid(refusal, fields={"name": [_("This name is taken.")]}) from None
