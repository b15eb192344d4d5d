"""The sentence under a bridge: what moved the number, or why that can't be said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tercet.analysis.errors import CannotTell, TooFew
from tercet.analysis.rounding import minor_digits, percentages

if TYPE_CHECKING:
    from tercet.analysis.bridge import Bridge, Part
    from tercet.analysis.cohorts import Cohort

LEAST_LEADS = 100
LEAST_WON = 10


@dataclass(frozen=True)
class Verdict:
    """What the bridge says in words.

    `shares` are whole percent, adding up to 100, of what pushed the number the way it went;
    `against` are factors that pushed the other way, `unchanged` those of less than half a
    percent. `certain` factors have an interval without 0, `unclear` ones could be chance.
    `withheld` is the reason where there is no verdict; `sentence` is always fit to be shown,
    and is `headline` and `detail` together.
    """

    sentence: str
    headline: str
    detail: str
    shares: tuple[tuple[str, int], ...]
    against: tuple[str, ...]
    unchanged: tuple[str, ...]
    certain: tuple[str, ...]
    unclear: tuple[str, ...]
    withheld: str | None


NO_VERDICT = Verdict("", "", "", (), (), (), (), (), None)


def verdict(found: Bridge, before: Cohort, after: Cohort) -> Verdict:
    """Say in a sentence what moved the number, or why that can't be said.

    Withheld with fewer than 100 leads or 10 won in a period, without intervals, and where
    every part could be chance.

    Parameters
    ----------
    found : Bridge
    before, after : Cohort
        The cohorts that it was made from.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from tercet.analysis.bridge import bridge
    >>> from tercet.analysis.cohorts import cohort_of_counts
    >>> q2 = cohort_of_counts([{"leads": 40, "won": 18}], name="Q2")
    >>> q3 = cohort_of_counts([{"leads": 1600, "won": 158}], name="Q3")
    >>> bridge(q2, q3, measure="conversion").verdict.withheld
    'Q2 has 40 leads; at least 100 are needed.'
    """
    headline = _headline(found)
    certain = tuple(part.factor for part in found.parts if part.is_certain)
    unclear = tuple(part.factor for part in found.parts if not part.is_certain)
    withheld = _reason_to_withhold(found, before, after, certain)
    if withheld is not None:
        detail = f"No verdict: {withheld}"
        sentence = f"{headline} {detail}"
        return Verdict(sentence, headline, detail, (), (), (), certain, unclear, withheld)

    down = found.change < 0
    pull = [part for part in found.parts if (part.change < 0) == down and part.change]
    against = [part for part in found.parts if (part.change < 0) != down and part.change]
    smallest = 0.005 * math.fsum(abs(part.change) for part in pull)
    unchanged = [part for part in found.parts if abs(part.change) <= smallest]
    pull = sorted((p for p in pull if p not in unchanged), key=lambda p: -abs(p.change))
    against = sorted((p for p in against if p not in unchanged), key=lambda p: -abs(p.change))
    percent = percentages([abs(part.change) for part in pull])
    shares = tuple((part.factor, share) for part, share in zip(pull, percent, strict=True))
    unclear = tuple(f for f in unclear if f not in {part.factor for part in unchanged})
    detail = _detail(found, list(zip(pull, percent, strict=True)), against, unchanged, unclear)
    if said := less_time(before, after):
        detail += f" {said}"
    return Verdict(
        sentence=f"{headline} {detail}",
        headline=headline,
        detail=detail,
        shares=shares,
        against=tuple(part.factor for part in against),
        unchanged=tuple(part.factor for part in unchanged),
        certain=certain,
        unclear=unclear,
        withheld=None,
    )


def less_time(before: Cohort, after: Cohort) -> str | None:
    """A warning where the later cohort had less time to be won than the earlier one.

    Parameters
    ----------
    before, after : Cohort

    Returns
    -------
    str or None
        None unless over a tenth of the later cohort is open, and 5 points more than before.

    Examples
    --------
    >>> from tercet.analysis.cohorts import cohort_of_counts
    >>> q2 = cohort_of_counts([{"leads": 40, "won": 18}], name="Q2")
    >>> less_time(q2, q2) is None
    True
    """
    if after.open_share <= max(0.1, before.open_share + 0.05):
        return None
    return (
        f"{after.name} had less time: {after.open_share:.0%} are still open, "
        f"{before.open_share:.0%} in {before.name}."
    ).replace("%", " %")


def _reason_to_withhold(
    found: Bridge, before: Cohort, after: Cohort, certain: Sequence[str]
) -> str | None:
    for cohort_ in (before, after):
        try:
            _enough(cohort_)
        except CannotTell as error:
            return str(error)
    if all(part.low is None for part in found.parts):
        return "no intervals were asked for."
    if not found.change:
        return "the number did not change."
    if not certain:
        return "every part could be chance."
    return None


def _enough(found: Cohort) -> None:
    if found.leads < LEAST_LEADS:
        raise TooFew(f"{found.steps[0]}s", found.leads, LEAST_LEADS, found.name)
    if found.won < LEAST_WON:
        raise TooFew("won", found.won, LEAST_WON, found.name)


_SUBJECTS = {"won_value": "Won revenue", "won": "Won deals", "conversion": "Conversion"}


def _headline(found: Bridge) -> str:
    subject = _SUBJECTS[found.measure]
    if not found.change:
        return f"{subject} stayed at {_amount(found, found.after)}."
    verb = "fell" if found.change < 0 else "rose"
    by = _amount(found, abs(found.change), is_change=True)
    unit = f" {found.currency}" if found.currency else ""
    return (
        f"{subject} {verb} {by}{unit}, from {_amount(found, found.before)} "
        f"to {_amount(found, found.after)}."
    )


def _amount(found: Bridge, value: float, *, is_change: bool = False) -> str:
    if found.measure == "won_value":
        digits = minor_digits(found.currency)
        whole = value / 10**digits
        is_round = whole == round(whole) or abs(whole) >= 1000
        return f"{whole:,.0f}" if is_round else f"{whole:,.{digits}f}"
    if found.measure == "won":
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{100 * value:.1f} points" if is_change else f"{100 * value:.1f} %"


def _detail(
    found: Bridge,
    pull: Sequence[tuple[Part, int]],
    against: Sequence[Part],
    unchanged: Sequence[Part],
    unclear: Sequence[str],
) -> str:
    said = [f"{share} % {part.label}" for part, share in pull]
    said += [f"{part.label} unchanged" for part in unchanged]
    if not against:
        text = ", ".join(said) + "."
    else:
        way = "pulled it down" if found.change < 0 else "pushed it up"
        text = f"What {way}: {', '.join(said)}. Against that: "
        text += ", ".join(f"{part.label} {_signed(found, part)}" for part in against) + "."
    labels = {part.factor: part.label for part in found.parts}
    values = [factor for factor in unclear if found.part(factor).low is not None]
    if values:
        text += f" Could be chance: {', '.join(labels[factor] for factor in values)}."
    return text


def _signed(found: Bridge, part: Part) -> str:
    value = part.change if part.rounded is None else float(part.rounded)
    sign = "−" if value < 0 else "+"
    return sign + _amount(found, abs(value), is_change=True)
