"""How far leads get, and how long it takes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponseBase
from django.urls import reverse

from tercet.kit.charts import Funnel, Step
from tercet.kit.money import show_money
from tercet.kit.numbers import interval, number, percent
from tercet.people.clock import today_in
from tercet.people.doors import MemberRequest, page
from tercet.people.policy import sees_amounts
from tercet.revenue.selection import (
    LABELS,
    NARROWED_BY,
    NOT_STATED,
    TABLES,
    TIMES,
    Selection,
    groups_of,
    options_of,
    read_selection,
    spans_of,
)
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

FIGURE = "revenue.funnel"
STEPS = {
    "lead": "Leads",
    "followed_up": "Followed up",
    "accepted": "Accepted by sales",
    "qualified": "Qualified",
    "deal": "Deal opened",
    "won": "Won",
}
DEAL_STEPS = {"deal": "Deals", "won": "Won"}
MISSING = {
    "followed_up": "a column that shows that a lead was followed up",
    "accepted": "a column with the day on which sales accepted it",
    "qualified": "a column with the day on which it was qualified",
    "deal": "a column with the day on which its deal was opened",
}
MOST_SHOWN = 40


@page
def funnel_page(request: MemberRequest, **_: Any) -> HttpResponseBase:
    about = about_workspace(request.workspace)
    today = today_in(request.workspace)
    selection = read_selection(request.GET, about or NOTHING_YET, today)
    pane = pane_of(request, FIGURE, selection.filters)
    if request.GET.get("format") == "csv" and pane.result:
        return as_csv(*_csv(pane.result, sees_amounts(request.member)), "funnel.csv")
    drawn = Drawn(request, about or NOTHING_YET, selection, pane) if pane.result else None
    context = {
        "pane": pane,
        "about": about,
        "selection": selection,
        "drawn": drawn,
        "filters": filters_of(about or NOTHING_YET, selection),
        "periods": period_options(about or NOTHING_YET, selection, today),
        "groups": [
            ("-", "Not split"),
            *((name, LABELS[name]) for name in groups_of(about or NOTHING_YET, selection.table)),
        ],
        "tables_of": table_tabs(request, about, selection),
        "is_empty": about is not None and not (about["leads"]["rows"] or about["deals"]["rows"]),
        "chips": chips_of(selection),
        "sources": sources_text(about, request.workspace) if about else "",
    }
    return show_panes(request, "revenue/funnel.html", context, pane)


@dataclass(frozen=True)
class Choice:
    """A filter of a figure's page: its values, and those that are chosen."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    value: tuple[str, ...]


def filters_of(about: Mapping[str, Any], selection: Selection) -> list[Choice]:
    found = [
        Choice(
            name,
            LABELS[name],
            options_of(about, selection.table, name),
            selection.only.get(name, ()),
        )
        for name in NARROWED_BY[selection.table]
    ]
    return [choice for choice in found if choice.choices or choice.value]


def period_options(about: Mapping[str, Any], selection: Selection, today: Any) -> list[Any]:
    """Words first, then the quarters and months that the data has."""
    named: list[tuple[Any, ...]] = [
        ("all", "All time"),
        ("this-quarter", "This quarter"),
        ("last-quarter", "Last quarter"),
    ]
    for kind, label in (("quarter", "Quarters"), ("month", "Months")):
        spans = spans_of(about, selection.table, today, kind)[: 8 if kind == "quarter" else 15]
        if spans:
            named.append((label, [(span.key, span.label) for span in spans]))
    return named


def table_tabs(
    request: MemberRequest, about: Mapping[str, Any] | None, selection: Selection
) -> list[dict[str, Any]]:
    """Leads and deals are two funnels, where the data has both."""
    if not about or not (about["leads"]["rows"] and about["deals"]["rows"]):
        return []
    return [
        {
            "label": label,
            "url": f"?{urlencode([('of', name), ('period', selection.span.key)])}",
            "is_current": name == selection.table,
            "count": about[name]["rows"],
        }
        for name, label in TABLES.items()
    ]


def chips_of(selection: Selection) -> list[tuple[str, str]]:
    """What narrows the figure, each with the address without it."""
    chips = []
    if selection.span.key != "all":
        rest = [pair for pair in selection.params if pair[0] != "period"]
        chips.append((selection.span.label, "?" + urlencode(rest)))
    for name, values in selection.only.items():
        rest = [pair for pair in selection.params if pair[0] != name]
        shown = ", ".join("Not stated" if v == NOT_STATED else v for v in values)
        chips.append((f"{LABELS[name]}: {shown}", "?" + urlencode(rest)))
    return chips


@dataclass(frozen=True)
class Row:
    """One group of the table: its steps as (text, small text, address)."""

    label: str
    url: str
    cells: list[tuple[str, str, str]]


class Drawn:
    """The funnel as the page draws it: every number with its words and the rows behind it."""

    def __init__(
        self, request: MemberRequest, about: Mapping[str, Any], selection: Selection, pane: Pane
    ) -> None:
        self.slug = request.workspace.slug
        self.about, self.selection = about, selection
        self.result, self.total = pane.result, pane.result["total"]
        self.sees_amounts = sees_amounts(request.member)
        self.labels = DEAL_STEPS if selection.table == "deals" else STEPS

    @property
    def noun(self) -> str:
        return "deal" if self.selection.table == "deals" else "lead"

    @property
    def chart(self) -> Funnel:
        return Funnel(
            [
                Step(
                    self.labels[step["step"]],
                    step["count"],
                    *_rate(step["from_before"]),
                    url=self.url(step=step["step"]),
                )
                for step in self.total["steps"]
            ]
        )

    @property
    def desc(self) -> str:
        total = self.total
        return f"Of {number(total['n'])} {self.noun}s {number(total['won'])} were won."

    @property
    def left_out(self) -> list[tuple[str, str]]:
        return [(self.labels[step], MISSING[step]) for step in self.result["left_out"]]

    @property
    def kpis(self) -> list[dict[str, str]]:
        total, days = self.total, self.total["days_to_won"]
        rate = total["rate"]
        found = [
            {
                "label": self.labels[total["steps"][0]["step"]],
                "value": number(total["n"]),
                "sub": f"{number(total['open'])} still open, {number(total['lost'])} lost",
                "url": self.url(),
            },
            {
                "label": "Won",
                "value": number(total["won"]),
                "sub": f"{percent(rate['rate'], 3)} of all, "
                f"likely {interval(rate['low'], rate['high'])}",
                "url": self.url(state="won"),
            },
            {
                "label": "Days to won",
                "value": number(days["median"]),
                "sub": f"half of {number(days['n'])} won took no longer" if days["n"] else "",
                "url": self.url(state="won"),
            },
        ]
        if self.sees_amounts and (total["amount_minor"] is not None or total["currencies"]):
            found.append(self._value())
        return found

    def _value(self) -> dict[str, str]:
        total = self.total
        if total["amount_minor"] is None:
            return {
                "label": "Won value",
                "value": "—",
                "sub": f"in {', '.join(total['currencies'])}: never added",
                "url": self.url(state="won"),
            }
        currency = (total["currencies"] or [""])[0]
        without = total["won_without_amount"]
        sub = f"{number(without)} won have no amount" if without else "every won deal has an amount"
        return {
            "label": "Won value",
            "value": show_money(total["amount_minor"], currency, decimals=False)
            if currency
            else number(total["amount_minor"] / 100),
            "sub": sub,
            "url": self.url(state="won"),
        }

    @property
    def won_by(self) -> list[tuple[str, str, str]]:
        return [
            (f"By day {each['day']}", _share(each["share"]), self._won_by_url(each["day"]))
            for each in self.total["won_by"]
        ]

    def _won_by_url(self, day: int, **more: str | None) -> str:
        return self.url(step="won", within=str(day), **more)

    @property
    def times(self) -> list[tuple[str, str, str, str]]:
        """From which step to which, days, of how many, and those."""
        return [
            (
                f"{self.labels[time['since']]} → {self.labels[time['step']]}",
                "not reached" if time["median"] is None else number(time["median"]),
                f"{number(time['done'])} of {number(time['entered'])}",
                self.url(step=time["step"]),
            )
            for time in self.total["times"]
            if time["entered"]
        ]

    @property
    def headings(self) -> list[str]:
        return [
            LABELS.get(self.result["by"], ""),
            *(self.labels[step] for step in self.result["steps"]),
            *("Conversion", "Likely range", "Days to won"),
            *(f"By day {each['day']}" for each in self.total["won_by"]),
        ]

    @property
    def title(self) -> str:
        return f"By {self.headings[0].lower()}" if self.result["by"] else "In numbers"

    @property
    def groups(self) -> list[Row]:
        """The groups, and the whole below them."""
        found = [self._row(group) for group in self.result["groups"][:MOST_SHOWN]]
        return [*found, self._row(self.total, is_total=True)]

    @property
    def groups_left(self) -> int:
        return max(0, len(self.result["groups"]) - MOST_SHOWN) + self.result["groups_left_out"]

    def _row(self, group: Mapping[str, Any], *, is_total: bool = False) -> Row:
        key = {} if is_total else {"group": group["key"]}
        cells = [
            (
                number(step["count"]),
                percent(_of(step["from_before"], "rate"), 0) if step["from_before"] else "",
                self.url(step=step["step"], **key),
            )
            for step in group["steps"]
        ]
        rate, days = group["rate"], group["days_to_won"]
        return Row(
            group["label"],
            self.url(**key),
            [
                *cells,
                (percent(rate["rate"]), "", ""),
                (interval(rate["low"], rate["high"]), "", ""),
                (
                    number(days["median"]),
                    f"of {number(days['n'])}" if days["n"] else "",
                    self.url(state="won", **key) if days["n"] else "",
                ),
                *(
                    (_share(each["share"]), "", self._won_by_url(each["day"], **key))
                    for each in group["won_by"]
                ),
            ],
        )

    def url(self, **more: str | None) -> str:
        return rows_url(self.slug, FIGURE, self.selection, **more)

    @property
    def undated(self) -> int:
        """Rows without a day of creation: they are in no period."""
        if self.selection.span.key == "all":
            return 0
        table = self.about[self.selection.table]
        return int(table["rows"] - table["known"].get("created_on", 0))

    @property
    def notes(self) -> list[str]:
        """What the figure says of itself, without what the page says elsewhere."""
        return [note for note in self.result["notes"] if "does not know" not in note]

    @property
    def is_in_time(self) -> bool:
        return self.result["by"] in TIMES


def _rate(share: Mapping[str, Any] | None) -> tuple[Any, Any, Any]:
    return (share["rate"], share["low"], share["high"]) if share else (None, None, None)


def _of(share: Mapping[str, Any] | None, name: str) -> Any:
    return share[name] if share else None


def _share(rate: float | None) -> str:
    return "too early" if rate is None else percent(rate)


def _csv(result: Mapping[str, Any], sees: bool) -> tuple[list[str], Iterator[list[Any]]]:
    """Every group with every number of it, shares from 0 to 1."""
    steps = result["steps"]
    headings = ["group", *steps, "lost", "open", "rate", "rate_low", "rate_high"]
    headings += ["days_lower", "days_median", "days_upper", "days_n"]
    headings += [f"won_by_{each['day']}" for each in result["total"]["won_by"]]
    headings += ["amount_minor", "currency", "won_without_amount"] if sees else []

    def line(group: Mapping[str, Any]) -> list[Any]:
        days, rate = group["days_to_won"], group["rate"]
        found = [group["label"], *(step["count"] for step in group["steps"])]
        found += [group["lost"], group["open"], rate["rate"], rate["low"], rate["high"]]
        found += [days["lower"], days["median"], days["upper"], days["n"]]
        found += [each["share"] for each in group["won_by"]]
        if sees:
            found += [group["amount_minor"], " ".join(group["currencies"])]
            found.append(group["won_without_amount"])
        return found

    return headings, (line(group) for group in [*result["groups"], result["total"]])


def funnel_url(slug: str) -> str:
    return reverse("revenue:funnel_page", args=[slug])
