"""`tercet export WORKSPACE KIND FILE.csv`: all rows of a kind, all columns, in a stable order."""

from __future__ import annotations

import csv
import sys
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_scopes import scope, scopes_disabled

from tercet.connectors.export import KINDS, write_rows
from tercet.people.models import Workspace


class Command(BaseCommand):
    help = "Write all rows of a kind as CSV; - writes to standard output."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("workspace", metavar="WORKSPACE")
        parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
        parser.add_argument("file", metavar="FILE.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        with scopes_disabled():
            workspace = Workspace.objects.filter(slug=options["workspace"]).first()
        if workspace is None:
            raise CommandError(f"There is no workspace “{options['workspace']}”.")
        with scope(workspace=workspace):
            if options["file"] == "-":
                self._write(workspace, options["kind"], sys.stdout)
                return
            try:
                with open(options["file"], "w", encoding="utf-8", newline="") as file:
                    count = self._write(workspace, options["kind"], file)
            except OSError as error:
                raise CommandError(f"{options['file']}: {error.strerror}.") from None
        self.stdout.write(f"{options['file']}: {count:,} rows")

    def _write(self, workspace: Workspace, kind: str, file: TextIO) -> int:
        return write_rows(workspace, kind, csv.writer(file))
