"""Fetching attachments: only those of answers that the reader may see."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from kb.models import Attachment, QuestionAttachment, StandardQuestion
from klingdesk.core.errors import NotFound
from klingdesk.core.roles import Role, roles_of


def attachment_for(*, user: Any, digest: str, now: datetime) -> Attachment:
    """One attachment with its bytes.

    Editors see all of them, because drafts and old revisions name them too; everybody else
    those of an answer in force that they may see. ``NotFound`` otherwise.
    """
    attachments = Attachment.objects.filter(digest=digest)
    if Role.EDITOR not in roles_of(user):
        answers = StandardQuestion.objects.visible_to(user).in_force(now=now)
        attachments = attachments.filter(
            uses__in=QuestionAttachment.objects.filter(question__in=answers)
        ).distinct()
    attachment = attachments.first()
    if attachment is None:
        raise NotFound(_("There is no such attachment, or its answer is not in force any more."))
    return attachment
