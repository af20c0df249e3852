"""What a person wants to be told by e-mail, too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Invalid
from klingdesk.core.roles import roles_of
from notices.models import Preference
from notices.models.labels import ChannelKind
from notices.words import topics


@transaction.atomic
def save_preferences(*, acting_user: Any, email_topics: Iterable[str]) -> None:
    """Let ``email_topics`` be exactly the topics that go to the person's own address, too.

    ``Invalid`` for topics that do not concern the person, and without an address to send to.
    """
    chosen = set(email_topics)
    known = {topic.key for topic in topics() if topic.concerns(roles_of(acting_user))}
    errors: dict[str, list[Any]] = {}
    if chosen - known:
        errors["email"] = [_("Choose from the topics that are shown.")]
    elif chosen and not acting_user.email:
        errors["email"] = [_("Your account has no e-mail address. An administrator can enter it.")]
    if errors:
        raise Invalid(_("Nothing was changed."), fields=errors)
    # Two tabs saving at once: the second waits, and has the last word.
    get_user_model().objects.select_for_update(no_key=True).get(pk=acting_user.pk)
    wishes = Preference.objects.filter(person=acting_user, channel=ChannelKind.EMAIL)
    wishes.exclude(topic__in=chosen).delete()
    Preference.objects.bulk_create(
        [
            Preference(person=acting_user, topic=topic, channel=ChannelKind.EMAIL)
            for topic in sorted(chosen)
        ],
        ignore_conflicts=True,
    )
