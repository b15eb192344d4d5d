"""Mass facts: immutable Parquet files that count while the manifest lists them.

Never through the ORM and never globbed. A new file may hold a fact that an older one has: it is
found by source and touch id, with DuckDB, and left out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from tercet.people.clock import now_in
from tercet.people.models import Workspace
from tercet.record.models import FactFile, Import

MEMORY = "512MB"
_READ = 1 << 20


@dataclass(frozen=True)
class Part:
    """A file that is ready to be listed."""

    path: str
    rows: int
    size: int
    sha256: str
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class Facts:
    """What an import adds to a dataset, and how many facts were there already."""

    dataset: str
    parts: tuple[Part, ...]
    rows: int
    known: int

    def list_in(self, row: Import) -> None:
        """Write the manifest's rows: in the import's own transaction."""
        FactFile.objects.bulk_create(
            FactFile(
                workspace_id=row.workspace_id,
                dataset=self.dataset,
                import_id=row.pk,
                created_at=now_in(row.workspace),
                **part.__dict__,
            )
            for part in self.parts
        )


def files_of(workspace: Workspace, dataset: str) -> list[Path]:
    """The files that count, as the manifest lists them."""
    listed = FactFile.objects.filter(workspace=workspace, dataset=dataset)
    return [_data() / path for path in listed.values_list("path", flat=True)]


def count_facts(row: Import, dataset: str, parts: Sequence[Path]) -> Facts:
    """How many of these facts are new; nothing is kept."""
    with _Comparison(row, dataset, parts) as comparison:
        known = comparison.known()
    return Facts(dataset, (), comparison.total - known, known)


def keep_facts(row: Import, dataset: str, parts: Sequence[Path]) -> Facts:
    """Put the new facts into the workspace's folder. They count once they are listed."""
    folder = _data() / "facts" / str(row.workspace_id) / dataset
    folder.mkdir(parents=True, exist_ok=True)
    for leftover in folder.glob(f"{row.pk}-*.parquet"):
        leftover.unlink()
    made = []
    with _Comparison(row, dataset, parts) as comparison:
        is_all_new = comparison.known() == 0
        for number, part in enumerate(parts):
            target = folder / f"{row.pk}-{number:05}.parquet"
            if is_all_new:
                shutil.copyfile(part, target.with_suffix(".draft"))
            else:
                comparison.write_new(part, target.with_suffix(".draft"))
            _settle(target.with_suffix(".draft"), target)
            if described := _described(target):
                made.append(described)
            else:
                target.unlink()
        rows = sum(part.rows for part in made)
        return Facts(dataset, tuple(made), rows, comparison.total - rows)


class _Comparison:
    """New files beside the listed ones, in a DuckDB that sees nothing else."""

    def __init__(self, row: Import, dataset: str, parts: Sequence[Path]) -> None:
        import duckdb

        self.source = row.source
        self.new = [str(part) for part in parts]
        listed = FactFile.objects.filter(workspace_id=row.workspace_id, dataset=dataset)
        self.old = [str(_data() / path) for path in listed.values_list("path", flat=True)]
        self.con = duckdb.connect(config={"memory_limit": MEMORY, "threads": 2})
        folders = sorted({str(Path(path).parent) + "/" for path in [*self.new, *self.old]})
        spill = _data() / "facts" / "spill"
        spill.mkdir(parents=True, exist_ok=True)
        out = str(_data() / "facts") + "/"
        listing = ", ".join(_quoted(folder) for folder in [*folders, out])
        for setting in (
            f"temp_directory = {_quoted(str(spill))}",
            f"allowed_directories = [{listing}]",
            "enable_external_access = false",
            "enable_progress_bar = false",
            "lock_configuration = true",
        ):
            self.con.execute(f"SET {setting}")

    def __enter__(self) -> _Comparison:
        self.total = self._count("SELECT count(*) FROM read_parquet($new)") if self.new else 0
        return self

    def __exit__(self, *_: object) -> None:
        self.con.close()

    def known(self) -> int:
        """Facts that are listed already, or stand twice in the new files."""
        if not self.new:
            return 0
        distinct = self._count("SELECT count(DISTINCT hash(touch_id)) FROM read_parquet($new)")
        listed = 0
        if self.old:
            listed = self._count(
                "SELECT count(DISTINCT touch_id) FROM read_parquet($new) AS n SEMI JOIN"
                " (SELECT touch_id FROM read_parquet($old) WHERE source = $source) AS o"
                " USING (touch_id)"
            )
        return self.total - distinct + listed

    def write_new(self, part: Path, target: Path) -> None:
        """One part without what is known, and each touch once."""
        known = (
            " AND touch_id NOT IN (SELECT touch_id FROM read_parquet($old) WHERE source"
            " = $source AND touch_id IS NOT NULL)"
            if self.old
            else ""
        )
        first = 'QUALIFY row_number() OVER (PARTITION BY touch_id ORDER BY "at") = 1 ORDER BY "at"'
        self.con.execute(
            f"COPY (SELECT * FROM read_parquet($part) WHERE true{known} {first})"
            f" TO {_quoted(str(target))} (FORMAT parquet, COMPRESSION zstd)",
            {"part": str(part)} | ({"old": self.old, "source": self.source} if self.old else {}),
        )
        # A touch that stands in two parts of the same file counts in the first.
        self.old.append(str(target.with_suffix(".parquet")))

    def _count(self, sql: str) -> int:
        values: dict[str, Any] = {"new": self.new}
        if "$old" in sql:
            values |= {"old": self.old, "source": self.source}
        found = self.con.execute(sql, values).fetchone()
        return int(found[0]) if found else 0


def _settle(draft: Path, target: Path) -> None:
    """A name that is listed is a file that is whole, on the disk."""
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(target)


def _described(path: Path) -> Part | None:
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    if not metadata.num_rows:
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ):
            digest.update(chunk)
    first, last = _span(metadata)
    return Part(
        path.relative_to(_data()).as_posix(),
        metadata.num_rows,
        path.stat().st_size,
        digest.hexdigest(),
        first,
        last,
    )


def _span(metadata: Any) -> tuple[datetime | None, datetime | None]:
    """The first and last instant, from the file's own statistics."""
    place = metadata.schema.names.index("at")
    found = [metadata.row_group(i).column(place).statistics for i in range(metadata.num_row_groups)]
    found = [each for each in found if each is not None and each.has_min_max]
    if not found:
        return None, None
    return _utc(min(each.min for each in found)), _utc(max(each.max for each in found))


def _utc(value: datetime) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _data() -> Path:
    return Path(settings.ENV.data)
