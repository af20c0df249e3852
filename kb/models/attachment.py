"""Pictures and short videos that go with an answer, kept in the database.

A question has few of them and they are small, so they share the transaction, the backup and the
replication of the text they belong to, and every web process has them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Attachment(models.Model):
    """One file, known by the SHA-256 of its bytes (``digest``, hexadecimal); never changed."""

    digest = models.CharField(_("digest"), max_length=64, unique=True)
    name = models.CharField(_("file name"), max_length=120)
    media_type = models.CharField(_("media type"), max_length=40)
    size = models.PositiveIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True)
    data = models.BinaryField(_("bytes"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("uploaded by"),
    )
    created_at = models.DateTimeField(_("created at"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class QuestionAttachment(models.Model):
    """An attachment of a published answer, in its order, under its title (customer-facing)."""

    question = models.ForeignKey(
        "kb.StandardQuestion",
        models.CASCADE,
        related_name="attachments",
        verbose_name=_("question"),
    )
    attachment = models.ForeignKey(
        Attachment, models.PROTECT, related_name="uses", verbose_name=_("attachment")
    )
    title = models.CharField(_("title"), max_length=120)
    order = models.PositiveSmallIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("attachment of a question")
        verbose_name_plural = _("attachments of questions")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "attachment"], name="attachment_once_per_question"
            )
        ]

    def __str__(self) -> str:
        return self.title
