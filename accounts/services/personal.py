"""Keeping what a person chooses for themselves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import PersonalSettings
from klingdesk.core.errors import Invalid


@transaction.atomic
def choose_language(*, acting_user: Any, language: str) -> None:
    """The language of pages, e-mails and notices from now on, wherever the person logs in.

    ``Invalid`` for a language that the desk does not speak.
    """
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("The desk does not speak this language."))
    PersonalSettings.objects.update_or_create(user=acting_user, defaults={"language": language})
