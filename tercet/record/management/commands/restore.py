from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tercet.config.serving import AlreadyServed, claim_data
from tercet.kit.refusal import Refused
from tercet.record.backup import restore, verify


class Command(BaseCommand):
    help = "Fill an empty installation (SQLite or PostgreSQL) from a backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--verify", action="store_true", help="Only check that it is whole.")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            if options["verify"]:
                manifest = verify(file)
            else:
                claim_data(settings.ENV.data)
                manifest = restore(file)
        except (Refused, AlreadyServed) as error:
            raise CommandError(str(error)) from None
        rows = sum(table["rows"] for table in manifest["tables"].values())
        done = "is whole" if options["verify"] else "is restored"
        self.stdout.write(f"{file} {done}: {rows:,} rows, {len(manifest['files'])} files.")
