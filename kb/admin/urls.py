"""The editor's room inside the admin site (URL names live in the ``admin`` namespace)."""

from __future__ import annotations

from kb.admin.attachment_pages import urlpatterns as attachments
from kb.admin.flow_compare_pages import urlpatterns as flow_comparisons
from kb.admin.flow_diagram_pages import urlpatterns as flow_diagrams
from kb.admin.flow_form_pages import urlpatterns as flow_forms
from kb.admin.flow_pages import urlpatterns as flows
from kb.admin.flow_try_pages import urlpatterns as flow_trials
from kb.admin.import_pages import urlpatterns as imports
from kb.admin.question_pages import urlpatterns as questions
from kb.admin.room_pages import urlpatterns as room
from kb.admin.search_pages import urlpatterns as searches

urlpatterns = [
    *attachments,
    *flows,
    *flow_comparisons,
    *flow_diagrams,
    *flow_forms,
    *flow_trials,
    *imports,
    *questions,
    *room,
    *searches,
]
