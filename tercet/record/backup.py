"""A backup that either database can read: tables as JSON lines, files as they are, all hashed.

The database is read at one point in time, in a transaction that only reads, while people work.
Snapshots stay out, for they are computed again; so do sessions and the secret key.
"""

import gzip
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

import tercet
from tercet.kit.refusal import Refused
from tercet.record import search

FORMAT = 1
FOLDERS = ("facts", "imports", "files")
LEFT_OUT = {
    "contenttypes.contenttype",
    "people.sharedcount",
    "record.worker",
    "sessions.session",
    "usersessions.usersession",
}
LEFT_OUT_APPS = {"auth"}
BATCH = 2000


def back_up(to: Path) -> dict[str, Any]:
    """Write the archive under a temporary name, then rename it. Returns its manifest."""
    draft = to.with_name(to.name + ".draft")
    to.parent.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": tercet.__version__,
        "at": timezone.now().isoformat(),
        "migrations": sorted(f"{app}.{name}" for app, name in _applied()),
        "tables": {},
        "files": {},
    }
    with tarfile.open(draft, "w") as archive, _one_point_in_time():
        for model in _models():
            manifest["tables"][model._meta.label_lower] = _write_table(archive, model)
        for path in _files(settings.ENV.data):
            name = str(path.relative_to(settings.ENV.data))
            manifest["files"][name] = _sha256(path)
            archive.add(path, f"files/{name}")
        _add_bytes(archive, "manifest.json", json.dumps(manifest, indent=1).encode())
    draft.replace(to)
    note = {"at": manifest["at"], "path": str(to), "size": to.stat().st_size}
    (settings.ENV.data / "last-backup.json").write_text(json.dumps(note))
    return manifest


def last_backup() -> dict[str, Any] | None:
    """When the last backup was made, where it went and how large it is."""
    path = settings.ENV.data / "last-backup.json"
    return json.loads(path.read_text()) if path.exists() else None


def verify(source: Path) -> dict[str, Any]:
    """Read the whole archive and compare every hash. Refuses a damaged or foreign one."""
    try:
        with tarfile.open(source) as archive:
            manifest = json.load(_member(archive, "manifest.json"))
            if manifest.get("format") != FORMAT:
                raise Refused(f"{source} is no backup of this version's format.")
            for label, table in manifest["tables"].items():
                _compare(archive, f"tables/{label}.jsonl.gz", table["sha256"])
            for name, sha256 in manifest["files"].items():
                _compare(archive, f"files/{name}", sha256)
            return dict(manifest)
    except (tarfile.TarError, KeyError, ValueError, EOFError) as error:
        raise Refused(f"{source} is damaged or is no backup: {error}") from None


def restore(source: Path) -> dict[str, Any]:
    """Fill an empty installation from an archive: all of it or, when anything fails, nothing."""
    manifest = verify(source)
    _prepare_schema(manifest)
    with tarfile.open(source) as archive:
        with transaction.atomic():
            for label, table in manifest["tables"].items():
                _load_table(archive, apps.get_model(label), table["rows"])
            connection.check_constraints()
            search.index_entries("entry.id > %s", [0])
        _reset_sequences()
        for name in manifest["files"]:
            _place_file(archive, name)
    return manifest


def _models() -> list[type[models.Model]]:
    return [
        model
        for model in apps.get_models()
        if model._meta.managed
        and not model._meta.proxy
        and model._meta.label_lower not in LEFT_OUT
        and model._meta.app_label not in LEFT_OUT_APPS
    ]


def _applied() -> set[tuple[str, str]]:
    return set(MigrationRecorder(connection).applied_migrations())


@contextmanager
def _one_point_in_time() -> Iterator[None]:
    """A reader's transaction: it sees one state, and in WAL mode no writer waits for it."""
    is_postgresql = connection.vendor == "postgresql"
    begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if is_postgresql else "BEGIN DEFERRED"
    with connection.cursor() as cursor:
        cursor.execute(begin)
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def _write_table(archive: tarfile.TarFile, model: type[models.Model]) -> dict[str, Any]:
    names = [field.attname for field in model._meta.concrete_fields]
    rows = model._base_manager.order_by("pk").values_list(*names)
    count = 0
    with tempfile.TemporaryFile() as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, compresslevel=3) as packed:
            for row in rows.iterator(chunk_size=BATCH):
                line = json.dumps(dict(zip(names, row, strict=True)), default=_plain)
                packed.write(line.encode() + b"\n")
                count += 1
        size = raw.tell()
        raw.seek(0)
        sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
        raw.seek(0)
        entry = tarfile.TarInfo(f"tables/{model._meta.label_lower}.jsonl.gz")
        entry.size = size
        archive.addfile(entry, raw)
    return {"rows": count, "sha256": sha256}


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"A backup cannot hold {type(value).__name__}.")


def _files(data: Path) -> Iterator[Path]:
    for folder in FOLDERS:
        yield from sorted(path for path in (data / folder).rglob("*") if path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _member(archive: tarfile.TarFile, name: str) -> BinaryIO:
    file = archive.extractfile(name)
    if file is None:
        raise KeyError(f"{name} is missing")
    return file  # type: ignore[return-value]


def _compare(archive: tarfile.TarFile, name: str, sha256: str) -> None:
    with _member(archive, name) as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise Refused(f"{name} in the backup is damaged: its hash has changed.")


def _prepare_schema(manifest: dict[str, Any]) -> None:
    """The same migrations here as there: an older backup is loaded by its own version first."""
    call_command("migrate", interactive=False, verbosity=0)
    here = {f"{app}.{name}" for app, name in _applied()}
    there = set(manifest["migrations"])
    if there - here:
        raise Refused(
            f"The backup comes from Tercet {manifest['version']}, which is newer than this one "
            f"({tercet.__version__}). Upgrade first."
        )
    if here - there:
        raise Refused(
            f"The backup comes from Tercet {manifest['version']}. Restore it with that version, "
            "then upgrade."
        )
    person = apps.get_model("people.person")
    if person._base_manager.exists():
        raise Refused("This installation is not empty. Restore into an empty one.")


def _load_table(archive: tarfile.TarFile, model: type[models.Model], expected: int) -> None:
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    batch: list[models.Model] = []
    count = 0
    with gzip.open(_member(archive, f"tables/{model._meta.label_lower}.jsonl.gz")) as lines:
        for line in lines:
            values = {
                name: by_name[name].to_python(value) if not _is_json(by_name[name]) else value
                for name, value in json.loads(line).items()
            }
            batch.append(model(**values))
            count += 1
            if len(batch) == BATCH:
                model._base_manager.bulk_create(batch)
                batch = []
    model._base_manager.bulk_create(batch)
    if count != expected:
        raise Refused(f"{model._meta.label_lower} has {count} rows, {expected} were saved.")


def _is_json(field: "models.Field[Any, Any]") -> bool:
    return isinstance(field, models.JSONField | models.ForeignKey)


def _reset_sequences() -> None:
    from django.core.management.color import no_style

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _place_file(archive: tarfile.TarFile, name: str) -> None:
    target = (settings.ENV.data / name).resolve()
    if not target.is_relative_to(settings.ENV.data):
        raise Refused(f"{name} would leave the data folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _member(archive, f"files/{name}") as source, target.open("wb") as file:
        while chunk := source.read(1 << 20):
            file.write(chunk)
