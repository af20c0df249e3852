"""``{% load desk_undo %}``: what a message offers to take back."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from klingdesk.undo_offers import UndoOffer, offer_in

register = template.Library()


@register.filter
def undo_offer(message: Any) -> UndoOffer | None:
    """The open offer of a message, or None."""
    return offer_in(message.extra_tags, now=timezone.now())
