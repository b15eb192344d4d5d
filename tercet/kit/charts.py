"""The geometry of the charts, in percent of the width, so that one drawing fits every screen.

A view makes one of these; a macro of `kit/charts.html` draws it as SVG. The numbers come from a
query: nothing is computed here but places on the page.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

ROW_HEIGHT = 52
COLUMN_HEIGHT = 176


@dataclass(frozen=True)
class Step:
    """A step of a funnel. `low` and `high` bound the rate that came here from the step before."""

    label: str
    count: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    url: str = ""


@dataclass(frozen=True)
class Bar:
    """A horizontal bar with its whisker, all in percent of the chart's width."""

    x: float
    width: float
    y: int
    whisker: tuple[float, float] | None = None


@dataclass(frozen=True)
class Funnel:
    steps: Sequence[Step]

    @property
    def height(self) -> int:
        return ROW_HEIGHT * len(self.steps)

    @cached_property
    def bars(self) -> list[tuple[Step, Bar]]:
        most = max((step.count for step in self.steps), default=0) or 1
        bars, before = [], 0
        for index, step in enumerate(self.steps):
            whisker = None
            if step.low is not None and step.high is not None and before:
                share = 100 * before / most
                whisker = (_percent(share * step.low), _percent(share * step.high))
            width = _percent(100 * step.count / most)
            bars.append((step, Bar(0, width, index * ROW_HEIGHT, whisker)))
            before = step.count
        return bars


@dataclass(frozen=True)
class Part:
    """What moved a figure, up or down; `shown` is the value as text."""

    label: str
    value: float
    shown: str
    low: float | None = None
    high: float | None = None
    shown_interval: str = ""
    url: str = ""


@dataclass(frozen=True)
class WaterfallRow:
    label: str
    shown: str
    shown_interval: str
    kind: str
    bar: Bar
    join: float
    is_last: bool = False
    url: str = ""


@dataclass(frozen=True)
class Waterfall:
    """A bridge from one total to another: every part begins where the one before it ended."""

    before: Part
    parts: Sequence[Part]
    after: Part

    @property
    def height(self) -> int:
        return ROW_HEIGHT * (len(self.parts) + 2)

    @cached_property
    def rows(self) -> list[WaterfallRow]:
        low, high = self._ends
        scale = 100 / ((high - low) or 1)

        def at(value: float) -> float:
            return _percent((value - low) * scale)

        rows = [self._total(self.before, at, 0)]
        reached = self.before.value
        for index, part in enumerate(self.parts, start=1):
            left, right = sorted((reached, reached + part.value))
            bounds = (part.low, part.high)
            whisker = None
            if bounds[0] is not None and bounds[1] is not None:
                whisker = (at(reached + bounds[0]), at(reached + bounds[1]))
            bar = Bar(at(left), round(at(right) - at(left), 2), index * ROW_HEIGHT, whisker)
            reached += part.value
            kind = "gain" if part.value > 0 else "loss" if part.value < 0 else "even"
            rows.append(
                WaterfallRow(
                    part.label,
                    part.shown,
                    part.shown_interval,
                    kind,
                    bar,
                    at(reached),
                    url=part.url,
                )
            )
        rows.append(self._total(self.after, at, len(self.parts) + 1, is_last=True))
        return rows

    @property
    def _ends(self) -> tuple[float, float]:
        """Zero belongs to the axis, so that a bar's length is its value."""
        reached, marks = self.before.value, [0.0, self.before.value, self.after.value]
        for part in self.parts:
            marks += [reached + (part.low or 0), reached + (part.high or 0), reached + part.value]
            reached += part.value
        return min(marks), max(marks)

    @staticmethod
    def _total(
        part: Part, at: Callable[[float], float], index: int, *, is_last: bool = False
    ) -> WaterfallRow:
        left, right = sorted((at(0), at(part.value)))
        bar = Bar(left, round(right - left, 2), index * ROW_HEIGHT)
        return WaterfallRow(
            part.label, part.shown, "", "total", bar, at(part.value), is_last, part.url
        )


@dataclass(frozen=True)
class Column:
    """A period's value; `shown` as text. A value of None is a gap, not a zero."""

    label: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    is_marked: bool = False
    url: str = ""


@dataclass(frozen=True)
class DrawnColumn:
    column: Column
    x: float
    width: float
    middle: float
    y: float
    height: float
    whisker: tuple[float, float] | None
    has_label: bool
    has_value: bool


@dataclass(frozen=True)
class Columns:
    columns: Sequence[Column]
    ticks: Sequence[tuple[float, str]] = field(default_factory=tuple)

    height = COLUMN_HEIGHT
    top = 20

    @cached_property
    def most(self) -> float:
        values = [v for c in self.columns for v in (c.value, c.high) if v is not None]
        return max([*values, *(value for value, _ in self.ticks)], default=0) or 1

    @cached_property
    def drawn(self) -> list[DrawnColumn]:
        count = len(self.columns) or 1
        start = 11.0 if self.ticks else 0.0
        band = (100 - start) / count
        step = -(-count // 6)
        return [
            DrawnColumn(
                column=column,
                x=round(start + index * band + band * 0.16, 2),
                width=round(band * 0.68, 2),
                middle=round(start + (index + 0.5) * band, 2),
                y=self.at(column.value or 0),
                height=round(self.at(0) - self.at(column.value or 0), 1),
                whisker=self._whisker(column),
                has_label=(count - 1 - index) % step == 0,
                has_value=count <= 8,
            )
            for index, column in enumerate(self.columns)
        ]

    @property
    def lines(self) -> list[tuple[float, str]]:
        return [(self.at(value), label) for value, label in self.ticks]

    def at(self, value: float) -> float:
        return round(self.top + (self.height - self.top) * (1 - value / self.most), 1)

    def _whisker(self, column: Column) -> tuple[float, float] | None:
        if column.low is None or column.high is None:
            return None
        return self.at(column.high), self.at(column.low)


@dataclass(frozen=True)
class Spark:
    values: Sequence[float]

    @cached_property
    def points(self) -> str:
        return " ".join(f"{x},{y}" for x, y in self._places)

    @property
    def last(self) -> float:
        return self._places[-1][1] if self.values else 50

    @cached_property
    def _places(self) -> list[tuple[float, float]]:
        low, high = min(self.values, default=0), max(self.values, default=0)
        span, last = (high - low) or 1, max(len(self.values) - 1, 1)
        return [
            (round(100 * i / last, 2), round(88 - 76 * (value - low) / span, 2))
            for i, value in enumerate(self.values)
        ]


def _percent(value: float) -> float:
    return round(min(max(value, 0.0), 100.0), 2)
