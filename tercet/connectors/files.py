"""Where an import's file and what was read out of it lie, under a name that the server made."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tercet.connectors.reading.limits import UPLOAD
from tercet.kit.refusal import Refused
from tercet.record.models import Import


@dataclass(frozen=True)
class Kept:
    key: str
    size: int
    sha256: str


def keep(chunks: Iterable[bytes]) -> Kept:
    """Write what was sent to disk as it comes, never all in memory."""
    key = secrets.token_hex(16)
    folder = _folder(key)
    folder.mkdir(parents=True)
    digest, size = hashlib.sha256(), 0
    try:
        with (folder / "file").open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > UPLOAD:
                    raise Refused("This file is larger than 2 GB. Bring it in as several files.")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        if not size:
            raise Refused("This file is empty. Export it again.")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Kept(key, size, digest.hexdigest())


def file_of(row: Import) -> Path:
    return _folder(row.file_key) / "file"


def read_folder(row: Import) -> Path:
    """What the child process made of the file: Parquet, refused rows, a summary."""
    return _folder(row.file_key) / "read"


def refused_file(row: Import) -> Path:
    return read_folder(row) / "refused.csv"


def forget_read(row: Import) -> None:
    shutil.rmtree(read_folder(row), ignore_errors=True)


def _folder(key: str) -> Path:
    if not key.isalnum():
        raise ValueError(f"{key!r} is no file key.")
    return Path(settings.ENV.data) / "imports" / key
