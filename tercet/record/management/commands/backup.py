from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from tercet.record.backup import back_up


class Command(BaseCommand):
    help = "Save the database, the Parquet files and the uploads in one archive, while people work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="Default: TERCET_DATA/backups/…")

    def handle(self, *args: Any, file: Path | None, **options: Any) -> None:
        folder = settings.ENV.data / "backups"
        target = file or folder / f"tercet-{timezone.now():%Y%m%d-%H%M%S}.tar"
        manifest = back_up(target.resolve())
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(f"{target}: {rows:,} rows, {len(manifest['files'])} files.")
