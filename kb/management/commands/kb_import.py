"""Read support documents or tables of questions into a proposal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kb.models import ImportBatch
from kb.services.import_words import words_of
from kb.services.importing import (
    GivenFile,
    apply_import,
    check_files,
    default_choices,
    propose_files,
    store_import,
)
from klingdesk.core.errors import DeskError, Invalid
from klingdesk.core.roles import Role, roles_of


class Command(BaseCommand):
    help = (
        "Read support documents (.txt, .md) or questions (.yaml, .csv, .xlsx). By default the "
        "proposal is stored for review in the admin; nothing reaches an agent before it is "
        "reviewed and published."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="only show; store nothing")
        parser.add_argument("--json", action="store_true", help="print the proposal as JSON")
        parser.add_argument(
            "--apply",
            action="store_true",
            help="save what is new or changed as drafts at once; conflicts are left out",
        )
        parser.add_argument("--author", metavar="USERNAME", help="the editor who imports")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["apply"] and options["dry_run"]:
            raise CommandError(_("Choose either --apply or --dry-run."))
        if options["apply"] and not options["author"]:
            raise CommandError(_("--apply needs --author: drafts have an author."))
        author = _editor(options["author"]) if options["author"] else None
        try:
            files = _given([Path(name) for name in options["files"]])
            if options["dry_run"]:
                batch, proposal = None, propose_files(files)
            else:
                batch = self._store(files, author=author, applies=options["apply"])
                proposal = {"files": batch.files, **batch.proposal}
        except DeskError as error:
            raise CommandError(_words(error)) from error
        shown = {name: value for name, value in proposal.items() if name != "read"}
        if batch is not None:
            shown["batch"] = batch.pk
            shown["state"] = batch.state
        if options["json"]:
            self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2))
        else:
            self._report(shown, batch)

    def _store(self, files: list[GivenFile], *, author: Any, applies: bool) -> ImportBatch:
        now = timezone.now()
        with transaction.atomic():
            batch = store_import(files=files, acting_user=author, now=now)
            choices = default_choices(batch.proposal)
            if not applies or not choices:
                return batch
            return apply_import(batch_id=batch.pk, choices=choices, acting_user=author, now=now)

    def _report(self, shown: dict[str, Any], batch: ImportBatch | None) -> None:
        counts = shown["counts"]
        self.stdout.write(
            _(
                "%(new)s new, %(changed)s changed, %(same)s the same, "
                "%(conflicting)s in conflict, %(not_understood)s passages not understood"
            )
            % counts
        )
        for entry in shown["entries"]:
            if entry["kind"] != "same":
                source = entry["sources"][0]
                self.stdout.write(
                    f"  {entry['kind']:<12} {source['file']}:{source['line']}  {entry['title']}"
                )
        for passage in shown["not_understood"]:
            text = passage["text"].split("\n")[0][:60]
            words = words_of(passage["code"], passage["text"], passage["params"])
            self.stdout.write(
                f"  ?            {passage['file']}:{passage['line']}  {words}: {text}"
            )
        if batch is None:
            self.stdout.write(_("Nothing was stored."))
        elif batch.state == "applied":
            self.stdout.write(
                _("%(number)s drafts were saved.") % {"number": len(shown["applied"])}
            )
        else:
            self.stdout.write(
                _("Stored as import %(number)s: review it at /admin/kb-imports/%(number)s/")
                % {"number": batch.pk}
            )


def _editor(username: str) -> Any:
    user = get_user_model().objects.filter(username=username).first()
    if user is None or Role.EDITOR not in roles_of(user):
        raise CommandError(
            _("“%(name)s” is no editor. Name somebody with the role editor.") % {"name": username}
        )
    return user


def _given(paths: list[Path]) -> list[GivenFile]:
    try:
        check_files([(path.name, path.stat().st_size) for path in paths])
        return [GivenFile(path.name, path.read_bytes()) for path in paths]
    except OSError as error:
        raise CommandError(
            _("%(file)s: %(why)s") % {"file": error.filename, "why": error.strerror or str(error)}
        ) from error


def _words(error: DeskError) -> str:
    lines = [str(error)]
    if isinstance(error, Invalid):
        lines += [str(message) for found in error.fields.values() for message in found]
    return "\n".join(lines)
