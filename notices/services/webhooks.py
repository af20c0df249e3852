"""Webhooks: made, changed, tested and switched off by managers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import Conflict, Invalid, NotFound
from notices.channels.errors import SendError
from notices.channels.messages import message_for
from notices.channels.sealing import draw_secret, seal
from notices.channels.webhook import addressable, send_webhook
from notices.error_words import REFUSALS, in_error_words
from notices.models import Delivery, Webhook
from notices.models.labels import DeliveryState, WebhookKind
from notices.providers import audiences
from notices.rules.robots import SIGNABLE, SIGNED_BY_US, Kind
from notices.rules.targets import Refused, Target
from notices.rules.topics import Severity
from notices.services.access import require_manager
from notices.services.lines import line_works
from notices.services.naming import save_named
from notices.words import TEST, topics

LONGEST_NAME = 60
_NOT_SAVED = _("The webhook was not saved.")
LONGEST_SECRET = 200


@dataclass(frozen=True, slots=True)
class WebhookForm:
    """What was typed, raw. An empty ``url`` of a webhook that exists keeps its address, an empty
    ``secret`` its secret."""

    name: str = ""
    kind: str = ""
    audience: str = ""
    topics: Sequence[str] = ()
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def add_webhook(*, acting_user: Any, form: WebhookForm, now: datetime) -> tuple[Webhook, str]:
    """Make a webhook; returns it with the secret that the desk drew for it (empty for robots).

    Nobody can read the secret again. ``Invalid`` with all field errors at once.
    """
    require_manager(acting_user)
    target = _check(form, is_new=True)
    assert target is not None  # noqa: S101 - a new one has an address, or was refused
    drawn = draw_secret() if Kind(form.kind) in SIGNED_BY_US else ""
    webhook = Webhook(
        name=form.name.strip(),
        kind=form.kind,
        audience=form.audience,
        topics=sorted(set(form.topics)),
        host=target.host,
        sealed_url=seal(form.url.strip()),
        sealed_secret=seal(drawn or _own_secret(form.kind, form)),
        created_by=acting_user,
        created_at=now,
        changed_by=acting_user,
        changed_at=now,
    )
    save_named(webhook, refusal=_NOT_SAVED)
    return webhook, drawn


@transaction.atomic
def change_webhook(
    *, acting_user: Any, webhook_id: int, form: WebhookForm, now: datetime
) -> Webhook:
    """Change what a webhook is told and where it leads; its kind stays. ``Invalid`` as above."""
    webhook = _lock(webhook_id, acting_user)
    target = _check(form, is_new=False)
    webhook.name = form.name.strip()
    webhook.audience = form.audience
    webhook.topics = sorted(set(form.topics))
    if target is not None:
        webhook.host = target.host
        webhook.sealed_url = seal(form.url.strip())
        line_works(f"webhook:{webhook.pk}")
    own = _own_secret(webhook.kind, form)
    if own:
        webhook.sealed_secret = seal(own)
    _touch(webhook, acting_user, now)
    save_named(webhook, refusal=_NOT_SAVED)
    return webhook


@transaction.atomic
def switch_webhook(*, acting_user: Any, webhook_id: int, is_active: bool, now: datetime) -> Webhook:
    """Switch a webhook on or off; what was still waiting for it when it goes off is discarded."""
    webhook = _lock(webhook_id, acting_user)
    if webhook.is_active == is_active:
        return webhook
    webhook.is_active = is_active
    _touch(webhook, acting_user, now)
    webhook.save(update_fields=["is_active", "changed_by", "changed_at"])
    if not is_active:
        Delivery.objects.filter(webhook=webhook, state=DeliveryState.PENDING).update(
            state=DeliveryState.DISCARDED,
            ended_at=now,
            ended_by=acting_user,
            reason="the webhook was switched off",
        )
    # Deliveries first, then their line: in the order of whoever claims one.
    line_works(f"webhook:{webhook.pk}")
    return webhook


@transaction.atomic
def rotate_secret(*, acting_user: Any, webhook_id: int, now: datetime) -> str:
    """Draw a new secret for a webhook of ours; the old one signs nothing any more. Returned once.

    ``Conflict`` for robots, whose secrets are drawn by their makers.
    """
    webhook = _lock(webhook_id, acting_user)
    if Kind(webhook.kind) not in SIGNED_BY_US:
        raise Conflict(_("The secret of a robot is made by its maker: enter the new one."))
    drawn = draw_secret()
    webhook.sealed_secret = seal(drawn)
    _touch(webhook, acting_user, now)
    webhook.save(update_fields=["sealed_secret", "changed_by", "changed_at"])
    return drawn


def try_webhook(*, acting_user: Any, webhook_id: int, now: datetime) -> Webhook:
    """Send a test at once, outside of the outbox; ``Conflict`` says what went wrong."""
    require_manager(acting_user)
    webhook = Webhook.objects.filter(pk=webhook_id).first()
    if webhook is None:
        raise _gone()
    params = {"person": acting_user.get_username()}
    message = message_for(code=TEST, params=params, severity=Severity.INFO, at=now)
    try:
        send_webhook(webhook, message, at=now)
    except SendError as error:
        raise Conflict(
            _("The test did not arrive: %(why)s") % {"why": in_error_words(str(error))},
            code="not_delivered",
        ) from error
    line_works(f"webhook:{webhook.pk}")
    return webhook


def _own_secret(kind: str, form: WebhookForm) -> str:
    """The secret that a robot's maker drew and somebody typed."""
    return form.secret.strip() if Kind(kind) in SIGNABLE - SIGNED_BY_US else ""


def _touch(webhook: Webhook, acting_user: Any, now: datetime) -> None:
    webhook.changed_by = acting_user
    webhook.changed_at = now


def _gone() -> NotFound:
    return NotFound(_("There is no such webhook."))


def _lock(webhook_id: int, acting_user: Any) -> Webhook:
    require_manager(acting_user)
    webhook = Webhook.objects.select_for_update(no_key=True).filter(pk=webhook_id).first()
    if webhook is None:
        raise _gone()
    return webhook


def _check(form: WebhookForm, *, is_new: bool) -> Target | None:
    """``Invalid`` with everything that is wrong; else where the address leads, if one was given."""
    errors: dict[str, list[Any]] = {}
    name, secret = form.name.strip(), form.secret.strip()
    if not name:
        errors["name"] = [_("Give it a name.")]
    elif len(name) > LONGEST_NAME:
        errors["name"] = [_("At most %(count)d characters.") % {"count": LONGEST_NAME}]
    if is_new and form.kind not in WebhookKind.values:
        errors["kind"] = [_("Choose what is called there.")]
    if form.audience not in {key for key, _label in audiences()}:
        errors["audience"] = [_("Choose whom it concerns.")]
    if not form.topics or not set(form.topics) <= {topic.key for topic in topics()}:
        errors["topics"] = [_("Choose at least one of the topics that are shown.")]
    if len(secret) > LONGEST_SECRET or not (secret.isascii() and secret.isprintable()):
        errors["secret"] = [_("Copy the secret as the robot's page shows it.")]
    target = None
    if form.url.strip() or is_new:
        try:
            target = addressable(form.url.strip())
        except Refused as refused:
            errors["url"] = [REFUSALS[refused.why]]
    if errors:
        raise Invalid(_NOT_SAVED, fields=errors)
    return target
