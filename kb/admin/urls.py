"""The editor's room inside the admin site (URL names live in the ``admin`` namespace)."""

from __future__ import annotations

from kb.admin.attachment_pages import urlpatterns as attachments
from kb.admin.import_pages import urlpatterns as imports
from kb.admin.question_pages import urlpatterns as questions
from kb.admin.room_pages import urlpatterns as room
from kb.admin.search_pages import urlpatterns as searches

urlpatterns = [*attachments, *imports, *questions, *room, *searches]
