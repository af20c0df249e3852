"""Exports over HTTP: ask for a table, ask how far it is, fetch the file."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.scopes import Scope
from kb.api.base import AcceptNegotiation, DeskView
from kb.api.contract import operation
from kb.api.cursors import check_parameters
from kb.api.strict import Nothing, StrictSerializer, Text
from klingdesk.downloads import stream_file
from tickets.exporting.download import download_of, present_state
from tickets.exporting.kinds import KINDS
from tickets.exporting.tables import LONGEST_QUERY
from tickets.models import Export
from tickets.models.export import ExportFormat, ExportState
from tickets.selectors.exports import error_words, export_get_for
from tickets.services.exports import cancel_export, request_export

_NOTHING: frozenset[str] = frozenset()


class WantedBody(StrictSerializer):
    kind = serializers.ChoiceField(list(KINDS), help_text="Which table; docs/exports.md has all.")
    format = serializers.ChoiceField(ExportFormat.values)
    query = Text(
        max_length=LONGEST_QUERY,
        required=False,
        allow_blank=True,
        default="",
        help_text="The query string of the page that shows the table: its filters and its order.",
    )


class ExportBody(serializers.Serializer[Any]):
    """`context["now"]` is when it is asked."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    format = serializers.CharField(source="file_format")
    query = serializers.CharField(allow_blank=True)
    state = serializers.SerializerMethodField(
        help_text=f"{', '.join(f'`{state}`' for state in ExportState.values)}."
    )
    rows_done = serializers.IntegerField()
    rows_total = serializers.IntegerField(
        allow_null=True, help_text="Null until they have been counted."
    )
    size = serializers.IntegerField(allow_null=True, help_text="Bytes of the file.")
    error = serializers.CharField(allow_blank=True, help_text="Why it failed, for programs.")
    detail = serializers.SerializerMethodField(help_text="Why it failed, for people.")
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Until then the file can be fetched."
    )
    file = serializers.SerializerMethodField(help_text="Its address; null while there is none.")

    def get_state(self, export: Export) -> str:
        return present_state(export, now=self.context["now"])

    def get_detail(self, export: Export) -> str:
        return error_words(export.error)

    def get_file(self, export: Export) -> str | None:
        if self.get_state(export) != ExportState.DONE:
            return None
        return reverse("api-export-file", args=[export.pk])


def _shown(export: Export, *, status: int = 200) -> Response:
    body = ExportBody(export, context={"now": timezone.now()}).data
    headers = {"Location": reverse("api-export", args=[export.pk])} if status == 202 else {}
    return Response(body, status=status, headers=headers)


EXPORT_ID = OpenApiParameter("export_id", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)


class Exports(DeskView):
    @operation(
        "Have a table written into a file; it is told when it is there",
        body=WantedBody,
        ok={202: ExportBody},
        conflict=True,
        codes={409: ("too_many_exports",)},
        scope=Scope.EXPORTS_WRITE,
        examples={
            "All open tickets as a workbook": {
                "kind": "tickets",
                "format": "xlsx",
                "query": "view=open&sort=due",
            }
        },
    )
    def post(self, request: Request) -> Response:
        given = self.body(WantedBody)
        export = request_export(
            acting_user=request.user,
            kind=given["kind"],
            query=given["query"],
            file_format=given["format"],
            language=get_language() or "",
            now=timezone.now(),
        )
        return _shown(export, status=202)


class ExportDetail(DeskView):
    @operation(
        "How far an own export is",
        parameters=[EXPORT_ID],
        ok={200: ExportBody},
        found=True,
        scope=Scope.EXPORTS_WRITE,
    )
    def get(self, request: Request, export_id: int) -> Response:
        check_parameters(request, _NOTHING)
        return _shown(export_get_for(user=request.user, export_id=export_id))


class CancelExport(DeskView):
    @operation(
        "Give up an own export that is not done",
        body=Nothing,
        parameters=[EXPORT_ID],
        ok={200: ExportBody},
        found=True,
        conflict=True,
        codes={409: ("export_ended",)},
        scope=Scope.EXPORTS_WRITE,
    )
    def post(self, request: Request, export_id: int) -> Response:
        self.body(Nothing)
        return _shown(
            cancel_export(acting_user=request.user, export_id=export_id, now=timezone.now())
        )


class AnyAccept(AcceptNegotiation):
    """A file is what it is, whatever the ``Accept`` header would like."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ExportFile(DeskView):
    content_negotiation_class = AnyAccept

    @operation(
        "The file of an own export",
        parameters=[EXPORT_ID],
        ok={200: OpenApiTypes.BINARY},
        found=True,
        conflict=True,
        gone=True,
        codes={409: ("not_ready",), 410: ("no_file",)},
        scope=Scope.EXPORTS_WRITE,
    )
    def get(self, request: Request, export_id: int) -> StreamingHttpResponse:
        check_parameters(request, _NOTHING)
        export = export_get_for(user=request.user, export_id=export_id)
        file = download_of(export, user=request.user, now=timezone.now())
        return stream_file(file.pieces, name=file.name, media_type=file.media_type, size=file.size)
