from __future__ import annotations

from django.urls import path

from klingdesk.palette.pages import palette

urlpatterns = [path("palette/", palette, name="palette")]
