"""What people fill in: a file, and how its columns are to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.http import QueryDict

from tercet.connectors.commands import AUTO
from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.mapping.guess import ask_again
from tercet.connectors.mapping.plan import Ask, Fill, Part, Plan
from tercet.connectors.reading.profile import Profile
from tercet.kit.refusal import Refused

STEPS = {"won": "Won", "lost": "Lost", "open": "Still open"}
LABELS = {
    "external_id": "Identifier",
    "owner_email": "Owner’s mail address",
    "annual_value": "Annual value",
    "left_on": "Left on",
    "starts_on": "Starts on",
    "ends_on": "Ends on",
    "closes": "Expected close day",
    "closed": "Close day",
    "won": "Day won",
    "lost": "Day lost",
    "created": "Created",
    "assigned": "Assigned",
    "first_contact": "First contact",
    "followed_up": "Followed up",
    "accepted": "Accepted",
    "qualified": "Qualified",
    "engaged": "First meeting",
    "at": "When",
    "parent": "Parent company",
    "company_domain": "Company’s domain",
    "merged_into": "Merged into",
    "merged_from": "Merged from",
    "deleted": "Deleted",
    "lost_reason_by": "Who gave the lost reason",
}


def kind_choices() -> list[tuple[str, str]]:
    return [(AUTO, "Find out from the file"), *((name, kind_label(name)) for name in KINDS)]


def kind_label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def field_label(name: str) -> str:
    return LABELS.get(name) or name.replace("_", " ").capitalize()


class UploadForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV, TSV, XLSX or Parquet, up to 2 GB. Nothing changes before you say so.",
        error_messages={"required": "Choose a file.", "empty": "This file is empty."},
    )
    source = forms.CharField(
        max_length=60,
        label="Where it comes from",
        help_text="The system’s name, such as hubspot. Its next file is matched with this one.",
        error_messages={"required": "Name the system that this file comes from."},
    )
    kind = forms.ChoiceField(label="What it holds", choices=kind_choices, initial=AUTO)


@dataclass(frozen=True)
class ColumnRow:
    """A column of the file on the mapping page."""

    number: int
    name: str
    samples: tuple[str, ...]
    filled_percent: float
    target: str
    confidence: str
    why: str
    also: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Question:
    """Something that the file can’t say, as the page asks it."""

    ask: Ask
    options: tuple[tuple[str, str], ...]
    value: str
    stages: tuple[tuple[str, str], ...] = ()

    @property
    def cards(self) -> list[dict[str, str]]:
        return [{"value": value, "label": label} for value, label in self.options]


_ANSWERS = {
    "full": "Everything that the source has",
    "changes": "Only what is new or changed",
    "day-first": "The day comes first (31/12/2026)",
    "month-first": "The month comes first (12/31/2026)",
    "point": "A point (1,200.50)",
    "comma": "A comma (1.200,50)",
}


def column_rows(plan: Plan, profile: Profile) -> list[ColumnRow]:
    """Each column with the field that it fills; further fields that it fills stand beside it."""
    found = []
    for number, column in enumerate(profile.columns):
        fills = [
            (f"{part.kind}.{fill.field}", fill)
            for part in plan.parts
            for fill in part.fills
            if column.name in fill.columns
        ]
        first = fills[0] if fills else ("", None)
        found.append(
            ColumnRow(
                number,
                column.name,
                tuple(column.samples[:3]),
                column.filled,
                first[0],
                first[1].confidence if first[1] else "",
                first[1].why if first[1] else "",
                tuple((target, target_label(target)) for target, _ in fills[1:]),
            )
        )
    return found


def target_label(target: str) -> str:
    kind, _, name = target.partition(".")
    return f"{kind_label(kind)}: {field_label(name)}"


def target_options(plan: Plan) -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            kind_label(kind),
            [(f"{kind}.{each.name}", field_label(each.name)) for each in KINDS[kind].fields],
        )
        for kind in plan.kinds
        if kind in KINDS
    ]


def questions(plan: Plan, *, zone: str) -> list[Question]:
    """The plan’s questions, except which kind it is: that stands at the top of the page."""
    return [_question(ask, plan, zone) for ask in plan.asks if ask.key != "kind"]


def _question(ask: Ask, plan: Plan, zone: str) -> Question:
    if ask.key == "stages":
        said = _pairs(ask.default or "")
        stages = tuple(
            (name, plan.stages.get(name) or said.get(name, "open")) for name in ask.candidates
        )
        return Question(ask, tuple(STEPS.items()), "", stages)
    default = ask.default or (zone if ask.key == "zone" else "")
    choices = ask.candidates
    if ask.key == "followed_up" and default and default not in choices:
        choices = (default, *choices)
    return Question(ask, tuple((c, _ANSWERS.get(c, c)) for c in choices), default)


def _pairs(text: str) -> dict[str, str]:
    return {
        name.strip(): step.strip()
        for name, sign, step in (pair.rpartition("=") for pair in text.split(";"))
        if sign
    }


def constants(plan: Plan) -> list[tuple[str, str, str]]:
    """What holds for every row: (name of the input, label, value)."""
    return [
        (f"constant.{part.kind}.{name}", f"{kind_label(part.kind)}: {field_label(name)}", value)
        for part in plan.parts
        for name, value in part.constants.items()
    ]


def read_plan(sent: QueryDict, plan: Plan, profile: Profile) -> Plan:
    """The plan as the page sent it back. PlanError or Refused say what can’t be."""
    parts = {part.kind: part for part in plan.parts}
    fills = _sent_fills(sent, plan, profile)
    plan = replace(
        plan,
        parts=tuple(
            Part(kind, tuple(fills.get(kind, {}).values()), _sent_constants(sent, part))
            for kind, part in parts.items()
        ),
    )
    answered = set()
    for ask in plan.asks:
        value = _answer(sent, ask)
        if value or _is_denied(sent, ask):
            plan = plan.answer(ask.key, value)
            answered.add(ask.key)
    again = ask_again(plan, profile)
    still = tuple(ask for ask in again.asks if not (ask.blocks and ask.key in answered))
    return replace(plan, asks=still)


def _sent_fills(sent: QueryDict, plan: Plan, profile: Profile) -> dict[str, dict[str, Fill]]:
    found: dict[str, dict[str, Fill]] = {}
    for number, column in enumerate(profile.columns):
        for target in [sent.get(f"column.{number}", ""), *sent.getlist(f"also.{number}")]:
            kind, _, name = target.partition(".")
            if not name or kind not in KINDS:
                continue
            before = found.setdefault(kind, {}).get(name)
            fill = _known_fill(plan, kind, name, column.name)
            if before is not None and column.name not in before.columns:
                raise Refused(
                    f"“{before.column}” and “{column.name}” both fill"
                    f" {target_label(target)}. Choose one."
                )
            found[kind][name] = before or fill
    return found


def _known_fill(plan: Plan, kind: str, name: str, column: str) -> Fill:
    part = plan.part(kind)
    known = part.fill(name) if part else None
    if known is not None and column in known.columns:
        return known
    return Fill(name, column, "high", "chosen by hand")


def _sent_constants(sent: QueryDict, part: Part) -> Mapping[str, str]:
    named = {
        name: sent.get(f"constant.{part.kind}.{name}", value)
        for name, value in part.constants.items()
    }
    return {name: value.strip() for name, value in named.items() if value.strip()}


def _is_denied(sent: QueryDict, ask: Ask) -> bool:
    """Somebody chose “None of them” where the guess named a column."""
    return ask.key == "followed_up" and bool(ask.default) and "answer.followed_up" in sent


def _answer(sent: QueryDict, ask: Ask) -> Any:
    if ask.key == "stages":
        return {
            name: sent[f"stage.{number}"]
            for number, name in enumerate(ask.candidates)
            if sent.get(f"stage.{number}")
        }
    return sent.get(f"answer.{ask.key}", "").strip()
