"""What the pages about imports show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from tercet.connectors import files
from tercet.connectors.commands import STATES, WORKING
from tercet.connectors.forms import field_label, kind_label
from tercet.connectors.mapping.guess import known_shape
from tercet.kit import kinds
from tercet.people.models import Workspace
from tercet.record.bulk.shapes import all_shapes
from tercet.record.models import Import

PAGE_SIZE = 50
TONES = {
    "published": "good",
    "failed": "bad",
    "to_map": "warn",
    "checked": "warn",
    **dict.fromkeys(WORKING, "info"),
}
AT_STEP = {
    "uploaded": 1,
    "reading": 1,
    "to_map": 2,
    "checking": 3,
    "checked": 3,
    "importing": 4,
    "published": 5,
    "undoing": 5,
    "undone": 5,
}
WORK = {
    "uploaded": "Waiting for its turn",
    "reading": "Looking at the file",
    "checking": "Trying it out",
    "importing": "Bringing it in",
    "undoing": "Taking it back",
}


@dataclass(frozen=True)
class KindRow:
    """What an import does to one kind, as the table shows it."""

    label: str
    new: int
    changed: int
    unchanged: int
    archived: int
    left_out: int


@dataclass(frozen=True)
class OpenName:
    """A name that no row has yet, and how many rows say it."""

    said_by: str
    field: str
    name: str
    rows: int


@dataclass(frozen=True)
class OwnerRow:
    name: str
    state: str
    tone: str


@dataclass(frozen=True)
class Kept:
    label: str
    title: str
    why: str
    url: str


@dataclass(frozen=True)
class ImportView:
    """An import as its page tells it."""

    row: Import
    kinds: list[KindRow]
    open_names: list[OpenName]
    owners: list[OwnerRow]
    kept: list[Kept]

    @property
    def state(self) -> str:
        return STATES.get(self.row.state, self.row.state)

    @property
    def tone(self) -> str:
        return TONES.get(self.row.state, "neutral")

    @property
    def is_working(self) -> bool:
        return self.row.state in WORKING

    @property
    def work(self) -> str:
        return str(self.row.progress.get("stage") or WORK.get(self.row.state, ""))

    @property
    def share(self) -> float:
        return float(self.row.progress.get("share", 0))

    @property
    def work_text(self) -> str:
        rows, left = self.row.progress.get("rows"), self.row.progress.get("seconds_left")
        said = [f"{rows:,} rows" if rows else "", f"{_time(left)} left" if left else ""]
        return " · ".join(each for each in said if each)

    @property
    def step(self) -> int:
        return AT_STEP.get(self.row.state, 0)

    @property
    def shape(self) -> str:
        return known_shape(self.row.plan.get("preset", "")) if self.row.plan.get("preset") else ""

    @property
    def questions_left(self) -> int:
        return sum(1 for ask in self.row.plan.get("asks", ()) if ask.get("blocks"))

    @property
    def refused(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.row.counts.get("refused", [])
        return found

    @property
    def refused_count(self) -> int:
        return int(self.row.counts.get("refused_count", 0))

    @property
    def has_refused_file(self) -> bool:
        return bool(self.refused_count) and files.refused_file(self.row).exists()

    @property
    def owners_text(self) -> str:
        """How many owners are here, not here yet, have left."""
        tones = [each.tone for each in self.owners]
        said = [("good", "here"), ("neutral", "not here yet"), ("warn", "left")]
        return ", ".join(f"{tones.count(tone)} {word}" for tone, word in said if tone in tones)

    @property
    def notes(self) -> list[str]:
        """What the file held beside its rows, in a sentence each."""
        counts, notes = self.row.counts, self.row.counts.get("notes", {})
        found = []
        if counts.get("footer_lines"):
            found.append(
                f"{counts['footer_lines']:,} lines below the table were left out as a footer."
            )
        if notes.get("repeated"):
            found.append(f"{notes['repeated']:,} rows stood twice and count once.")
        if notes.get("shared_domains"):
            names = ", ".join(list(notes["shared_domains"])[:3])
            found.append(
                f"Several companies share a domain ({names}); they are told apart by"
                " their identifiers."
            )
        if self.row.is_full and self.refused_count:
            found.append("Nothing was archived: the refused rows may be the missing ones.")
        return found

    @property
    def seen(self) -> str:
        """Moves whenever the page would look different."""
        progress = self.row.progress
        return f"{self.row.version}-{progress.get('stage', '')}-{progress.get('rows', '')}".replace(
            " ", ""
        )


def imports_of(workspace: Workspace) -> QuerySet[Import]:
    return Import.objects.filter(workspace=workspace).select_related("by__person")


def view_of(row: Import) -> ImportView:
    counts = row.counts
    return ImportView(
        row,
        [
            _kind_row(plural, each)
            for plural, each in counts.get("kinds", {}).items()
            if _counts(each)
        ],
        [
            OpenName(_noun(each["from"]), field_label(each["field"]), each["name"], each["rows"])
            for each in counts.get("open", ())
        ],
        [_owner_row(each) for each in counts.get("owners", ())],
        [_kept(row, each) for each in counts.get("undone", {}).get("kept", ())],
    )


def _counts(each: dict[str, int]) -> bool:
    return any(each.get(name) for name in ("new", "changed", "unchanged", "archived", "made"))


def _kind_row(plural: str, each: dict[str, int]) -> KindRow:
    return KindRow(
        kind_label(plural),
        each.get("new", 0) + each.get("made", 0),
        each.get("changed", 0),
        each.get("unchanged", 0),
        each.get("archived", 0),
        each.get("repeated", 0) + each.get("passed_over", 0),
    )


def _noun(kind: str) -> str:
    plural = next((shape.plural for shape in all_shapes() if shape.kind == kind), kind)
    return kind_label(plural)


def _owner_row(each: dict[str, str]) -> OwnerRow:
    if each.get("left_on"):
        return OwnerRow(each["name"], f"Left on {each['left_on']}", "warn")
    if each.get("member"):
        return OwnerRow(each["name"], f"Is {each['member']}", "good")
    return OwnerRow(each["name"], "Not here yet", "neutral")


def _kept(row: Import, each: dict[str, Any]) -> Kept:
    kind = kinds.find(each["kind"])
    thing = kind.model.objects.filter(pk=each["id"]).first() if kind else None
    url = kind.url(row.workspace.slug, thing) if kind and thing else ""
    return Kept(kind_label(each["kind"]), each["title"], each["why"], url)


def _time(seconds: Any) -> str:
    seconds = int(seconds)
    return f"{seconds} s" if seconds < 90 else f"{round(seconds / 60)} min"
