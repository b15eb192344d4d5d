"""Friction that can be planted, each from a week on and with a size, and the truth about it.

The causes are F1 to F8. Only those whose tables exist have a knob: F2, F6, F7 and F8.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from tercet.demo.rows import Truth

CAUSES = ("F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8")
DYADS = ("marketing-sales", "marketing-product", "product-sales")
# Leads pass from marketing to sales, so whatever is planted on them lies between these two.
LEAD_DYAD = "marketing-sales"
WEEKS = 53


@dataclass(frozen=True, slots=True)
class Plant:
    """From the start of `week` (0 is the first) to the end, with this size."""

    week: int
    size: float

    def __post_init__(self) -> None:
        if not 0 <= self.week < WEEKS:
            raise ValueError(f"Week {self.week} is outside 0 to {WEEKS - 1}.")
        if self.size <= 0:
            raise ValueError(f"Size {self.size} is not above 0; leave the knob out instead.")


@dataclass(frozen=True, slots=True)
class Knobs:
    """Nothing is planted unless a knob is given.

    f2_silence: share of sales' replies to leads that never happen (0 to 1).
    f2_latency: first contact takes this many times longer on top (1 doubles it).
    f6_arrivals: this share of leads more, for the same number of follow-ups.
    f7_mix: share of demo requests that come as paid content instead, and behave so (0 to 1).
    f7_acceptance: share of accepted leads that sales does not accept any more (0 to 1).
    f7_price: share of every new deal's amount that is given away (0 to 1).
    f7_tags: share of lost deals whose reason is tagged "Bad lead", whatever it was (0 to 1).
    f8_ambiguity: share of leads and their deals without an owner (0 to 1).
    f8_collisions: share of leads that a second rep, of the other team, takes up too (0 to 1).
    """

    f2_silence: Plant | None = None
    f2_latency: Plant | None = None
    f6_arrivals: Plant | None = None
    f7_mix: Plant | None = None
    f7_acceptance: Plant | None = None
    f7_price: Plant | None = None
    f7_tags: Plant | None = None
    f8_ambiguity: Plant | None = None
    f8_collisions: Plant | None = None

    def __post_init__(self) -> None:
        for name in _SHARES:
            plant = getattr(self, name)
            if plant and plant.size > 1:
                raise ValueError(f"{name} is a share, 0 to 1, not {plant.size}.")


_SHARES = (
    "f2_silence",
    "f7_mix",
    "f7_acceptance",
    "f7_price",
    "f7_tags",
    "f8_ambiguity",
    "f8_collisions",
)


def truth_table(knobs: Knobs) -> list[Truth]:
    """Cause by dyad by week: the largest size planted there, 0 where nothing was."""
    planted = [
        (field.name[:2].upper(), plant)
        for field in fields(knobs)
        if (plant := getattr(knobs, field.name))
    ]
    return [
        Truth(cause, dyad, week, _size(planted, cause, week) if dyad == LEAD_DYAD else 0.0)
        for cause in CAUSES
        for dyad in DYADS
        for week in range(WEEKS)
    ]


def _size(planted: list[tuple[str, Plant]], cause: str, week: int) -> float:
    return max((p.size for name, p in planted if name == cause and p.week <= week), default=0.0)
