"""Why won revenue and conversion moved from one period to another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase

from tercet.kit.charts import Part, Waterfall
from tercet.kit.money import show_money
from tercet.kit.numbers import number, percent, plural, round_parts, signed
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, page
from tercet.people.policy import sees_amounts
from tercet.revenue.selection import (
    LABELS,
    NARROWED_BY,
    Selection,
    Span,
    groups_of,
    last_two_quarters,
    read_only,
    read_span,
    read_table,
    spans_of,
)
from tercet.revenue.views.funnel import DEAL_STEPS, STEPS, chips_of, filters_of
from tercet.revenue.views.panes import (
    NOTHING_YET,
    Pane,
    about_workspace,
    as_csv,
    pane_of,
    rows_url,
    show_panes,
    sources_text,
)

FIGURE = "revenue.why"
WITHIN = (("", "Whatever happened since"), *((str(d), f"Within {d} days") for d in (30, 60, 90)))
FACTORS = {
    "leads": "Number of leads",
    "deals": "Number of deals",
    "mix": "Lead mix",
    "follow_up": "Follow-up",
    "acceptance": "Acceptance",
    "qualification": "Qualification",
    "opening": "Deals opened",
    "closing": "Closing",
    "value": "Deal value",
}
STEP_OF = {
    "follow_up": "followed_up",
    "acceptance": "accepted",
    "qualification": "qualified",
    "opening": "deal",
    "closing": "won",
}
MISSING = {
    "mix": "more than one origin, segment, campaign or team",
    "follow_up": "a column that shows that a lead was followed up",
    "acceptance": "a column with the day on which sales accepted it",
    "qualification": "a column with the day on which it was qualified",
    "opening": "a column with the day on which its deal was opened",
}


@page
def why_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    about = about_workspace(request.workspace)
    known = about or NOTHING_YET
    today = today_in(request.workspace)
    asked = _Asked.read(request.GET, known, today)
    pane = pane_of(request, FIGURE, asked.filters) if asked.is_complete or not about else None
    drawn = Drawn(request, asked, pane) if pane and pane.result else None
    if request.GET.get("format") == "csv" and drawn:
        return as_csv(*drawn.csv, "why-it-moved.csv")
    context = {
        "pane": pane,
        "asked": asked,
        "drawn": drawn,
        "filters": filters_of(known, asked.selection),
        "spans": _span_options(known, asked, today),
        "groups": [("-", "No mix"), *((n, LABELS[n]) for n in _groups(known, asked.table))],
        "within": WITHIN,
        "tables_of": _tabs(known, asked.table),
        "chips": asked.chips,
        "sources": sources_text(about, request.workspace) if about else "",
        "money_hint": _money_hint(known),
        "is_empty": about is not None and not (about["leads"]["rows"] or about["deals"]["rows"]),
    }
    return show_panes(request, "revenue/why.html", context, *([pane] if pane else []))


@dataclass(frozen=True)
class _Asked:
    """Two periods, what narrows both, and how the change is split."""

    table: str
    before: Span | None
    after: Span | None
    only: Mapping[str, tuple[str, ...]]
    by: str
    within: str
    steps: str
    currency: str
    problem: str

    @classmethod
    def read(cls, params: Any, about: Mapping[str, Any], today: date) -> "_Asked":
        table = read_table(params, about)
        usual = last_two_quarters(about, table, today)
        before, after = usual or (None, None)
        problem = ""
        try:
            before = (
                read_span(key, about["fiscal_start"]) if (key := _key(params, "before")) else before
            )
            after = (
                read_span(key, about["fiscal_start"]) if (key := _key(params, "after")) else after
            )
        except ValueError as error:
            problem = f"{error} The last two quarters are shown instead."
        within = params.get("within", "")
        return cls(
            table,
            before,
            after,
            read_only(params, table),
            _read_by(params, about, table),
            within if within in dict(WITHIN) else "",
            "all" if params.get("steps") == "all" else "",
            about["currency"] or _commonest_currency(about, table),
            problem,
        )

    @property
    def is_complete(self) -> bool:
        ends = [span and (span.first and span.last) for span in (self.before, self.after)]
        return all(ends)

    @property
    def filters(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "before": _named(self.before),
            "after": _named(self.after),
            "only": {name: list(values) for name, values in sorted(self.only.items())},
            "by": self.by,
            "within": int(self.within) if self.within else None,
            "steps": self.steps,
            "currency": self.currency,
        }

    @property
    def selection(self) -> Selection:
        return Selection(self.table, self.after or Span(None, None, "", "all"), self.only, self.by)

    def at(self, span: Span) -> Selection:
        return self.selection.during(span)

    @property
    def chips(self) -> list[tuple[str, str]]:
        """What narrows both periods; the periods themselves stand in the form."""
        kept = [
            ("of", self.table),
            ("before", _url_key(self.before)),
            ("after", _url_key(self.after)),
        ]
        kept += [("by", self.by or "-"), ("within", self.within), ("steps", self.steps)]
        found = []
        for text, link in chips_of(self.selection):
            pairs = [p for p in _pairs(link) if p[0] in NARROWED_BY[self.table]]
            if not text.startswith(self.selection.span.label):
                found.append((text, "?" + urlencode([*kept, *pairs])))
        return found


def _pairs(link: str) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

    return parse_qsl(link.lstrip("?"))


def _key(params: Any, side: str) -> str:
    first, last = params.get(f"{side}_from", ""), params.get(f"{side}_to", "")
    return f"{first}..{last}" if first and last else str(params.get(side, ""))


def _url_key(span: Span | None) -> str:
    return span.key if span else ""


def _named(span: Span | None) -> dict[str, str] | None:
    if span is None or span.first is None or span.last is None:
        return None
    name = span.label.split(" (")[0]
    return {"name": name, "first": span.first.isoformat(), "last": span.last.isoformat()}


def _groups(about: Mapping[str, Any], table: str) -> list[str]:
    return [name for name in groups_of(about, table) if name in NARROWED_BY[table]]


def _read_by(params: Any, about: Mapping[str, Any], table: str) -> str:
    asked, groups = params.get("by", ""), _groups(about, table)
    if asked == "-":
        return ""
    if asked in groups:
        return str(asked)
    return next((name for name in ("origin", "segment", "campaign") if name in groups), "")


def _commonest_currency(about: Mapping[str, Any], table: str) -> str:
    found = about[table]["options"].get("currency") or [["", 0]]
    return str(found[0][0])


def _span_options(about: Mapping[str, Any], asked: _Asked, today: date) -> list[tuple[str, Any]]:
    found = []
    for kind, label, most in (
        ("quarter", "Quarters", 12),
        ("month", "Months", 24),
        ("year", "Years", 6),
    ):
        spans = spans_of(about, asked.table, today, kind)[:most]
        if spans:
            found.append((label, [(span.key, span.label) for span in spans]))
    return found


def _tabs(about: Mapping[str, Any], table: str) -> list[dict[str, Any]]:
    if not (about["leads"]["rows"] and about["deals"]["rows"]):
        return []
    return [
        {"label": label, "url": f"?of={name}", "is_current": name == table}
        for name, label in (("leads", "From leads"), ("deals", "From deals"))
    ]


def _money_hint(about: Mapping[str, Any]) -> list[str]:
    """Columns that look like money but that nobody called the deal's amount."""
    return list(about.get("money_columns", []))


class Drawn:
    """The change as the page draws it; every part has its words, and they add up."""

    def __init__(self, request: MemberRequest, asked: _Asked, pane: Pane) -> None:
        self.slug, self.asked, self.result = request.workspace.slug, asked, pane.result
        self.sees_amounts = sees_amounts(request.member)
        self.before, self.after = self.result["periods"]
        self.labels = DEAL_STEPS if asked.table == "deals" else STEPS

    @property
    def noun(self) -> str:
        return "deal" if self.asked.table == "deals" else "lead"

    @property
    def money(self) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.result["money"] if self.sees_amounts else None
        return found

    @property
    def refused(self) -> str:
        """Why won revenue can't be split; empty where it is."""
        if not self.sees_amounts:
            return "Amounts are hidden from viewers in this workspace."
        return self.result["money_refused"] or ""

    @property
    def main(self) -> Mapping[str, Any]:
        """Won revenue, or the number of won deals where there is no money to split."""
        found: Mapping[str, Any] = self.money or self.result["won"]
        return found

    @property
    def verdict(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = (self.money or self.result["conversion"])["verdict"]
        return found

    @property
    def currency(self) -> str:
        return (self.money or {}).get("currency") or ""

    @property
    def waterfall(self) -> Waterfall:
        return self._waterfall(self.main, self._amount, self._range)

    @property
    def conversion(self) -> Waterfall:
        return self._waterfall(self.result["conversion"], _points, _points_range)

    def _waterfall(self, found: Mapping[str, Any], say: Any, say_range: Any) -> Waterfall:
        shown = self._shown(found)
        return Waterfall(
            Part(self.before["name"], found["before"], say(found["before"], is_total=True)),
            [
                Part(
                    self.factor(part),
                    part["change"],
                    say(value),
                    part["low"],
                    part["high"],
                    say_range(part["low"], part["high"]),
                    url=self._part_url(part["factor"]),
                )
                for part, value in zip(found["parts"], shown, strict=True)
            ],
            Part(self.after["name"], found["after"], say(found["after"], is_total=True)),
        )

    @staticmethod
    def _shown(found: Mapping[str, Any]) -> list[float]:
        """The parts, rounded so that what is read adds up to the change that is read."""
        if found["measure"] == "won_value":
            return [part["rounded"] for part in found["parts"]]
        scale = 10 if found["measure"] == "won" else 10_000
        after, before = (round(found[end] * scale) for end in ("after", "before"))
        exact = [part["change"] * scale for part in found["parts"]]
        return [value / scale for value in _fitted(exact, after - before)]

    def factor(self, part: Mapping[str, Any]) -> str:
        """With what it stands for as well, where the data can't tell them apart."""
        label = FACTORS[part["factor"]]
        if part["factor"] == "mix" and self.asked.table == "deals":
            label = "Deal mix"
        return label

    def _amount(self, value: float, *, is_total: bool = False) -> str:
        if self.money is None:
            return number(value, 0) if is_total else signed(value, 1)
        has_cents = not is_total
        if not self.currency:
            return (number if is_total else signed)(value / 100, 2)
        return show_money(
            round(value), self.currency, decimals=has_cents or None, signed=not is_total
        )

    def _range(self, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return ""
        if self.money is None:
            return f"{signed(low, 1)} to {signed(high, 1)}"
        if not self.currency:
            return f"{signed(low / 100)} to {signed(high / 100)}"
        ends = (
            show_money(round(v), self.currency, is_short=True, signed=True) for v in (low, high)
        )
        return " to ".join(ends)

    @property
    def parts(self) -> list[dict[str, Any]]:
        """One line for each part: its value, likely range, share, and what it covers."""
        shown = self._shown(self.main)
        return [
            {
                "label": self.factor(part),
                "shown": self._amount(value),
                "range": self._range(part["low"], part["high"]),
                "is_certain": part["is_certain"],
                "has_range": part["low"] is not None,
                "covers": ", ".join(FACTORS[name].lower() for name in part["covers"]),
                "url": self._part_url(part["factor"]),
            }
            for part, value in zip(self.main["parts"], shown, strict=True)
        ]

    def _part_url(self, factor: str) -> str:
        """The rows of the later period that a part is about: for a step, those who missed it."""
        steps = self.after["steps"]
        if factor in STEP_OF and STEP_OF[factor] in steps:
            place = steps.index(STEP_OF[factor])
            return self.url(self.asked.after, **{"step": steps[place - 1], "not": steps[place]})
        won = {"state": "won"} if factor == "value" else {}
        return self.url(self.asked.after, **won)

    @property
    def change(self) -> str:
        return self._amount(self.main["change"])

    @property
    def missing(self) -> list[tuple[str, str, str]]:
        """Factors that the data doesn't know, the column that would bring them, where they went."""
        found = []
        for gone in self.result["conversion"]["left_out"]:
            factor = gone["factor"]
            if factor == "mix" and not self.asked.by:
                continue
            into = FACTORS.get(gone["merged_into"] or "", "").lower()
            if self.asked.steps != "all" and factor in ("qualification", "opening"):
                continue
            found.append((FACTORS[factor], MISSING[factor], into))
        return found

    @property
    def kpis(self) -> list[dict[str, str]]:
        before, after = self.before, self.after
        first = self.labels[after["steps"][0]]
        found = [
            self._kpi(first, after["leads"], before["leads"], "leads"),
            self._kpi("Won", after["won"], before["won"], "won"),
            {
                "label": "Conversion",
                "value": percent(_share(after["won"], after["leads"]), 2),
                "sub": f"{percent(_share(before['won'], before['leads']), 2)} in {before['name']}",
                "direction": "",
                "url": self.url(self.asked.after, state="won"),
            },
        ]
        if self.money:
            change = _share(self.money["change"], self.money["before"])
            found.append(
                {
                    "label": "Won value",
                    "value": self._amount(self.money["after"], is_total=True),
                    "sub": f"{signed((change or 0) * 100, 1)}% on {before['name']}",
                    "direction": "up" if self.money["change"] > 0 else "down",
                    "url": self.url(self.asked.after, state="won"),
                }
            )
        return found

    def _kpi(self, label: str, after: int, before: int, what: str) -> dict[str, str]:
        return {
            "label": label,
            "value": number(after),
            "sub": f"{signed(after - before)} on {self.before['name']}",
            "direction": "up" if after > before else "down" if after < before else "",
            "url": self.url(self.asked.after, **({"state": "won"} if what == "won" else {})),
        }

    @property
    def still_open(self) -> str:
        """How much of the later period is not decided yet."""
        after, before = self.after, self.before
        if not after["open"]:
            return ""
        then = f"{number(before['open'])} of {number(before['leads'])} in {before['name']}"
        now = f"{number(after['open'])} of {plural(after['leads'], self.noun)} of {after['name']}"
        return f"{now} are still open ({then}): some of them may still be won."

    @property
    def notes(self) -> list[str]:
        notes = {*self.main["notes"], *self.result["conversion"]["notes"]}
        return sorted(note for note in notes if "still open" not in note)

    @property
    def mix_label(self) -> str:
        return LABELS.get(self.asked.by, "Group")

    @property
    def mix(self) -> list[dict[str, Any]]:
        """Each group in both periods: its share of all, and how far it got."""
        if not self.asked.by:
            return []
        old = {row["key"]: row for row in self.before["segments"]}
        new = {row["key"]: row for row in self.after["segments"]}
        keys = sorted({*old, *new}, key=lambda k: -(new.get(k) or old[k])["counts"][0])
        return [self._mix_row(key, old.get(key), new.get(key)) for key in keys[:40]]

    def _mix_row(
        self, key: str | None, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        sides = [
            (old, self.before, self.asked.before),
            (new, self.after, self.asked.after),
        ]
        cells = []
        for found, period, span in sides:
            counts = found["counts"] if found else [0] * len(period["steps"])
            cells.append(
                {
                    "leads": number(counts[0]),
                    "url": self.url(span, group=key) if counts[0] else "",
                    "share": percent(_share(counts[0], period["leads"]), 0),
                    "rates": [
                        percent(_share(after, before), 0) for before, after in pairwise(counts)
                    ],
                }
            )
        return {
            "label": "Not stated" if key is None else key,
            "cells": cells,
            "part": self._part(key),
        }

    def _part(self, key: str | None) -> str:
        """What this group adds to the whole change."""
        exact = sum(
            value
            for part in self.main["parts"]
            for segment, value in part["by_segment"]
            if segment == key
        )
        if self.money is None:
            return signed(exact, 1)
        if not self.currency:
            return signed(exact / 100)
        return (
            show_money(round(exact), self.currency, decimals=False, signed=True)
            if (round(exact) % 100 == 0)
            else show_money(round(exact / 100) * 100, self.currency, signed=True)
        )

    @property
    def mix_steps(self) -> list[str]:
        return [self.labels[step] for step in self.after["steps"][1:]]

    def url(self, span: Span | None, **more: str | None) -> str:
        selection = self.asked.at(span) if span else self.asked.selection
        within = {"within": self.asked.within} if self.asked.within else {}
        return rows_url(self.slug, FIGURE, selection, **within, **more)

    @property
    def csv(self) -> tuple[list[str], Iterator[list[Any]]]:
        """Every part of every measure, unrounded, with its range."""
        headings = ["measure", "unit", "part", "change", "rounded", "low", "high"]
        units = {"won_value": f"minor {self.currency}", "won": "deals", "conversion": "share"}

        def lines() -> Iterator[list[Any]]:
            for name in ("money", "won", "conversion"):
                found = self.result[name] if name != "money" else self.money
                if not found:
                    continue
                unit = units[found["measure"]]
                for end in ("before", "after"):
                    yield [found["measure"], unit, found[f"{end}_name"], found[end], "", "", ""]
                for part in found["parts"]:
                    values = [part[k] for k in ("change", "rounded", "low", "high")]
                    yield [found["measure"], unit, part["factor"], *values]

        return headings, lines()


def _fitted(exact: Sequence[float], total: int) -> list[int]:
    """Whole parts that add up to a total which may stray from their sum by rounding."""
    drift = total - sum(exact)
    return round_parts([*exact[:-1], exact[-1] + drift], total) if exact else []


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _points(value: float, *, is_total: bool = False) -> str:
    return percent(value, 2) if is_total else f"{signed(value * 100, 2)} points"


def _points_range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return ""
    return f"{signed(low * 100, 1)} to {signed(high * 100, 1)}"
