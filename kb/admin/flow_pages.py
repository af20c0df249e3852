"""The editors' pages of decision flows: the list, a new one, the text, the versions."""

from __future__ import annotations

from kb.admin.flow_list_page import urlpatterns as listed
from kb.admin.flow_new_pages import urlpatterns as new
from kb.admin.flow_text_pages import urlpatterns as text
from kb.admin.flow_version_pages import urlpatterns as versions

urlpatterns = [*listed, *new, *text, *versions]
