"""Quay as files that the importer takes: one CSV per kind, in the order to bring them in."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

from tercet.demo.rows import Company

# A row comes after what it refers to; what points back waits for the row that it names.
KINDS = (
    "owners",
    "companies",
    "contacts",
    "products",
    "campaigns",
    "leads",
    "deals",
    "stage_moves",
    "touches",
)


def write_files(company: Company, folder: Path) -> dict[str, Path]:
    """Write `<kind>.csv` for each kind; the paths are in the order to import them."""
    folder.mkdir(parents=True, exist_ok=True)
    return {kind: _write(getattr(company, kind), folder / f"{kind}.csv") for kind in KINDS}


def _write(rows: Sequence[Any], path: Path) -> Path:
    names = [field.name for field in fields(rows[0])]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    return path


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return "" if value is None else value
