"""Choices stored in columns, with their labels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from notices.rules.robots import Kind
from notices.rules.topics import Severity


class ChannelKind(models.TextChoices):
    """The ways out of the desk; the inbox is always used and needs no delivery."""

    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")


class DeliveryState(models.TextChoices):
    PENDING = "pending", pgettext_lazy("delivery", "Waiting")
    SENDING = "sending", pgettext_lazy("delivery", "Being sent")
    SENT = "sent", pgettext_lazy("delivery", "Sent")
    DEAD = "dead", pgettext_lazy("delivery", "Given up")
    DISCARDED = "discarded", pgettext_lazy("delivery", "Discarded")


class WebhookKind(models.TextChoices):
    GENERIC = Kind.GENERIC.value, _("Any program (signed JSON)")
    FEISHU = Kind.FEISHU.value, _("Feishu group robot")
    WECOM = Kind.WECOM.value, _("WeCom group robot")
    DINGTALK = Kind.DINGTALK.value, _("DingTalk group robot")


class SeverityLabel(models.TextChoices):
    INFO = Severity.INFO.value, pgettext_lazy("severity", "Information")
    WARNING = Severity.WARNING.value, pgettext_lazy("severity", "Warning")
    BREACH = Severity.BREACH.value, pgettext_lazy("severity", "Breach")
