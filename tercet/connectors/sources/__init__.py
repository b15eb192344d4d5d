"""Known shapes of files, one folder per source, each shape a TOML file.

A preset is a map file with, for each field, all the headers under which it is found, and with
`headers`: those that must all be there for the shape to be recognised ("A|B": one of them).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tercet.connectors.mapping.fields import KINDS, words
from tercet.connectors.mapping.plan import Fill, Part, Plan


@dataclass(frozen=True)
class Preset:
    name: str  # hubspot/contacts
    title: str
    source: str
    headers: tuple[tuple[str, ...], ...]
    raw: Mapping[str, Any]

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(key for key in self.raw if key in KINDS)

    def fits(self, columns: Iterable[str]) -> bool:
        have = {words(c) for c in columns}
        return all(any(words(name) in have for name in names) for names in self.headers)

    def plan(self, columns: Iterable[str]) -> Plan:
        """The preset's plan for a file with these columns; what the file lacks is left out."""
        by_words = {words(c): c for c in reversed(tuple(columns))}
        parts = (_part(kind, self.raw[kind], by_words) for kind in self.kinds)
        return Plan(
            parts=tuple(p for p in parts if p.fills),
            source=self.source,
            preset=self.name,
            stages=dict(self.raw.get("stages", {})),
        )


@cache
def presets() -> tuple[Preset, ...]:
    """All known shapes, the most particular first."""
    found = [_load(path) for path in sorted(Path(__file__).parent.glob("*/*.toml"))]
    return tuple(sorted(found, key=lambda p: -len(p.headers)))


def preset(name: str) -> Preset | None:
    return next((p for p in presets() if p.name == name), None)


def _load(path: Path) -> Preset:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return Preset(
        f"{path.parent.name}/{path.stem}",
        raw["title"],
        raw.get("source", ""),
        tuple(tuple(h.split("|")) for h in raw["headers"]),
        raw,
    )


def _part(kind: str, table: Mapping[str, Any], by_words: Mapping[str, str]) -> Part:
    fills = []
    for name, value in table.items():
        if name == "constants":
            continue
        if fill := _fill(name, value, by_words):
            fills.append(fill)
    return Part(kind, tuple(fills), dict(table.get("constants", {})))


def _fill(name: str, value: Any, by_words: Mapping[str, str]) -> Fill | None:
    more = dict(value) if isinstance(value, dict) else {"column": value}
    confidence = more.get("confidence", "high")
    form = more.get("form", "")
    join = tuple(by_words[words(c)] for c in more.get("join", ()) if words(c) in by_words)
    if join and len(join) == len(more["join"]):
        return Fill(name, " + ".join(join), confidence, "known shape", join, form)
    names = more.get("column", [])
    for column in [names] if isinstance(names, str) else names:
        if words(column) in by_words:
            return Fill(name, by_words[words(column)], confidence, "known shape", form=form)
    return None
