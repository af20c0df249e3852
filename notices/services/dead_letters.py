"""What could not be delivered: sent again, or discarded with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid
from notices.models import Delivery
from notices.models.labels import DeliveryState
from notices.providers import hint
from notices.services.access import require_manager
from notices.services.lines import open_lines
from notices.services.notifying import DELIVER

LONGEST_REASON = 300
_REACHABLE = Q(webhook=None) | Q(webhook__is_active=True)


@transaction.atomic
def resend(*, acting_user: Any, delivery_ids: Iterable[int] | None, now: datetime) -> int:
    """Put dead deliveries (None: all of them) back into the outbox; returns how many.

    They go out with the same idempotency key and have all their attempts again. ``Conflict``
    when none of those named is dead any more, or their webhook is switched off.
    """
    require_manager(acting_user)
    rows = Delivery.objects.filter(_REACHABLE, state=DeliveryState.DEAD)
    if delivery_ids is not None:
        rows = rows.filter(pk__in=list(delivery_ids))
    found = list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", "line"))
    if not found:
        raise Conflict(
            _("Nothing was sent again: somebody dealt with it, or its webhook is switched off.")
        )
    Delivery.objects.filter(pk__in=[pk for pk, _line in found]).update(
        state=DeliveryState.PENDING, attempts=0, due_at=now, ended_at=None
    )
    open_lines({line for _pk, line in found})
    hint(DELIVER)
    return len(found)


@transaction.atomic
def discard(
    *, acting_user: Any, delivery_ids: Iterable[int] | None, reason: str, now: datetime
) -> int:
    """Discard dead deliveries (None: all of them) for good; returns how many.

    ``Invalid`` without a reason, ``Conflict`` when none of those named is dead any more.
    """
    require_manager(acting_user)
    words = " ".join(reason.split())
    errors: list[Any] = []
    if not words:
        errors = [_("Say why it needs not be delivered.")]
    elif len(words) > LONGEST_REASON:
        errors = [_("At most %(count)d characters.") % {"count": LONGEST_REASON}]
    if errors:
        raise Invalid(_("Nothing was discarded."), fields={"reason": errors})
    rows = Delivery.objects.filter(state=DeliveryState.DEAD)
    if delivery_ids is not None:
        rows = rows.filter(pk__in=list(delivery_ids))
    done = rows.update(
        state=DeliveryState.DISCARDED, ended_at=now, ended_by=acting_user, reason=words
    )
    if not done:
        raise Conflict(_("Nothing was discarded: it was dealt with meanwhile."))
    return done
