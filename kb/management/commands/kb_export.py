"""Write the published questions to a file that kb_import reads back without a difference."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from kb.services.exporting import ExportForm, export_questions
from klingdesk.core.errors import DeskError


class Command(BaseCommand):
    help = "Export every published question as YAML, XLSX or CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        forms = [form.value for form in ExportForm]
        parser.add_argument("--format", choices=forms, default=ExportForm.YAML.value)
        parser.add_argument("-o", "--output", metavar="FILE", help="instead of standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            data = export_questions(ExportForm(options["format"]))
        except DeskError as error:
            raise CommandError(str(error)) from error
        if options["output"]:
            try:
                Path(options["output"]).write_bytes(data)
            except OSError as error:
                why = error.strerror or str(error)
                place = {"file": options["output"], "why": why}
                raise CommandError(_("%(file)s: %(why)s") % place) from error
        elif options["format"] == ExportForm.XLSX:
            raise CommandError(_("A workbook needs a file: add -o FILE."))
        else:
            self.stdout.write(data.decode("utf-8"), ending="")
