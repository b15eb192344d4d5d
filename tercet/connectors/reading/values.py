"""What a cell says: one small reader per type, each either sure or refusing.

A refusal (`BadValue`) carries what was expected and why, for the person who mends the file.
Nothing ambiguous is decided here: day order and decimal sign come from the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from tercet.connectors.mapping.currencies import CODES, SHARED_SIGNS, SIGNS, digits
from tercet.connectors.mapping.domains import clean_domain

EMPTY = frozenset(
    {"", "-", "--", "---", "—", "–", "n/a", "#n/a", "null", "(null)", "(none)", "\\n"}
)
EMPTY_UNLESS_TEXT = EMPTY | {
    "na",
    "none",
    "nan",
    "nat",
    "nil",
    "k.a.",
    "keine",
    "(no value)",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "#ref!",
    "#value!",
    "#div/0!",
    "#name?",
    "unknown",
    "tbd",
}
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 12, 31)
LONGEST_TEXT = 10_000
_SERIAL_DAY_ZERO = datetime(1899, 12, 30)


class BadValue(Exception):
    """A cell that can't be taken: what was expected, and why this is not it."""

    def __init__(self, expected: str, reason: str) -> None:
        super().__init__(reason)
        self.expected = expected
        self.reason = reason


@dataclass(frozen=True)
class Moment:
    """A day, and the instant (UTC) where the source knew the time."""

    on: date
    at: datetime | None


# --- Dates and times ---------------------------------------------------------------------------

_TIME = (
    r"(?:[T ,]+\s*(?:um |à |at )?(?P<h>\d{1,2})[:h.](?P<mi>\d{2})"
    r"(?:[:.](?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<ap>[AaPp])\.?\s?[Mm]\.?)?(?:\s*(?:Uhr|Z|(?P<z>[A-Za-z]{2,5})|(?P<o>[+-]\d{2}:?\d{2}|[+-]\d{2})))?)?"
)
_ZULU = re.compile(r"Z$")
_ISO = re.compile(r"(?P<y>\d{4})(?P<sep>[-/.])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})" + _TIME)
_NUMERIC = re.compile(
    r"(?P<a>\d{1,2})(?P<sep>[-/. ]) ?(?P<b>\d{1,2})(?P=sep) ?(?P<y>\d{4}|\d{2})" + _TIME
)
_COMPACT = re.compile(r"(?P<y>(?:19|20)\d{2})(?P<m>\d{2})(?P<d>\d{2})" + _TIME)
_DAY_NAME = r"(?:[^\W\d_]{2,10}\.?,? +)?"
_NAMED_DAY_FIRST = re.compile(
    _DAY_NAME
    + r"(?P<d>\d{1,2})(?:st|nd|rd|th|\.|º|er)?[ -]*(?:de )?(?P<n>[^\W\d_]{3,10})\.?,?[ -]*(?:de )?"
    r"(?P<y>\d{4}|\d{2})" + _TIME
)
_NAMED_MONTH_FIRST = re.compile(
    _DAY_NAME
    + r"(?P<n>[^\W\d_]{3,10})\.?[ -]+(?P<d>\d{1,2})(?:st|nd|rd|th)?,?[ -]+(?P<y>\d{4})"
    + _TIME
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_EPOCH_MS = re.compile(r"1\d{12}")
_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "jan january januar jänner janvier janv enero ene janeiro januari",
        "feb february februar février févr fév febrero fevereiro fev februari",
        "mar march märz mär mrz mars marzo março maart mrt",
        "apr april avril avr abril abr",
        "may mai mayo maio mei",
        "jun june juni juin junio junho",
        "jul july juli juillet juil julio julho",
        "aug august août aoû agosto ago augustus",
        "sep sept september septembre septiembre setembro set",
        "oct october oktober okt octobre octubre outubro out",
        "nov november novembre noviembre novembro",
        "dec december dezember dez décembre déc diciembre dic dezembro",
    ),
    start=1,
):
    _MONTHS |= dict.fromkeys(_names.split(), _number)
_OFFSETS = {"UTC": 0, "GMT": 0, "WET": 0, "CET": 60, "CEST": 120, "EST": -300, "EDT": -240}
_OFFSETS |= {
    "CST": -360,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "BST": 60,
}


def find_date(text: str) -> tuple[str, re.Match[str] | None]:
    """The shape of a date in a text: iso, dots, slashes, compact, named, serial, epoch or none."""
    if match := _ISO.fullmatch(text):
        return "iso", match
    if match := _NUMERIC.fullmatch(text):
        return ("dots" if match["sep"] == "." else "slashes"), match
    if match := _COMPACT.fullmatch(text):
        return "compact", match
    for pattern in (_NAMED_DAY_FIRST, _NAMED_MONTH_FIRST):
        if (match := pattern.fullmatch(text)) and match["n"].casefold() in _MONTHS:
            return "named", match
    if _EPOCH_MS.fullmatch(text):
        return "epoch", None
    if _SERIAL.fullmatch(text):
        return "serial", None
    return "none", None


def day_order(text: str) -> str | None:
    """What one value proves: 'day-first', 'month-first' or 'either'; None if it is no such date."""
    shape, match = find_date(text)
    if shape != "slashes" or match is None:
        return None
    a, b = int(match["a"]), int(match["b"])
    if a > 12 and 1 <= b <= 12:
        return "day-first"
    if b > 12 and 1 <= a <= 12:
        return "month-first"
    return "either" if 1 <= a <= 12 and 1 <= b <= 12 else None


def moment_reader(order: str, zone: ZoneInfo, serial: bool) -> Callable[[str], Moment]:
    """A reader of days and instants, for one column."""

    def read(text: str) -> Moment:
        shape, match = find_date(text)
        if match is not None:
            return _moment(_day(match, shape, order), match, zone)
        if shape == "epoch":
            at = datetime.fromtimestamp(int(text) / 1000, UTC)
            return Moment(_in_range(at.astimezone(zone).date()), at)
        if shape == "serial" and serial:
            return _from_serial(float(text), zone)
        raise BadValue("a day between 1970 and 2100", "this is not a date")

    return read


def _day(match: re.Match[str], shape: str, order: str) -> date:
    groups = match.groupdict()
    year = int(groups["y"])
    if len(groups["y"]) == 2:
        year += 2000 if year < 70 else 1900
    if shape == "named":
        month, day = _MONTHS[groups["n"].casefold()], int(groups["d"])
    elif "a" in groups:
        month, day = _ordered(int(groups["a"]), int(groups["b"]), shape, order)
    else:
        month, day = int(groups["m"]), int(groups["d"])
    try:
        return _in_range(date(year, month, day))
    except ValueError:
        raise BadValue("a day that exists", "the calendar has no such day") from None


def _ordered(a: int, b: int, shape: str, order: str) -> tuple[int, int]:
    if shape == "dots" or order == "day-first":
        return b, a
    if order == "month-first":
        return a, b
    if a > 12 or b > 12 or a == b:
        return (b, a) if a > 12 else (a, b)
    raise BadValue(
        "a day such as 2026-04-03",
        "day and month can be read both ways; say which comes first in this file",
    )


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise BadValue("a day between 1970 and 2100", f"the year {day.year} is out of range")
    return day


def _moment(day: date, match: re.Match[str], zone: ZoneInfo) -> Moment:
    if match["h"] is None:
        return Moment(day, None)
    hour, minute = int(match["h"]), int(match["mi"])
    if match["ap"]:
        if not 1 <= hour <= 12:
            raise BadValue("a time such as 2:30 PM", "the hour does not fit AM or PM")
        hour = hour % 12 + (12 if match["ap"] in "Pp" else 0)
    micro = int((match["f"] or "0")[:6].ljust(6, "0"))
    try:
        naive = datetime(day.year, day.month, day.day, hour, minute, int(match["s"] or 0), micro)
    except ValueError:
        raise BadValue("a time such as 14:30", "the clock has no such time") from None
    offset = _offset(match)
    if offset is None:
        return Moment(day, naive.replace(tzinfo=zone).astimezone(UTC))
    at = naive.replace(tzinfo=UTC) - timedelta(minutes=offset)
    return Moment(_in_range(at.astimezone(zone).date()), at)


def _offset(match: re.Match[str]) -> int | None:
    """Minutes east of UTC that the value states, if it does."""
    if match["o"]:
        bare = match["o"].replace(":", "")
        minutes = int(bare[1:3]) * 60 + int(bare[3:5] or 0)
        return -minutes if bare[0] == "-" else minutes
    if match["z"]:
        if match["z"].upper() not in _OFFSETS:
            raise BadValue("a time with a zone such as +02:00", f"unknown zone “{match['z']}”")
        return _OFFSETS[match["z"].upper()]
    return 0 if _ZULU.search(match.string) else None


def _from_serial(days: float, zone: ZoneInfo) -> Moment:
    at = _SERIAL_DAY_ZERO + timedelta(days=days)
    if days.is_integer():
        return Moment(_in_range(at.date()), None)
    at = (at + timedelta(microseconds=500_000)).replace(microsecond=0)
    return Moment(_in_range(at.date()), at.replace(tzinfo=zone).astimezone(UTC))


# --- Numbers and money -------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?(?:\d[\d.,'’\u00a0\u202f ]*|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
_AROUND = re.compile(
    r"(?P<minus>[-−(]?)\s*(?P<before>[^\d\s.,+()−-][^\d.,+()−-]{0,4}?\.?)?\s*(?P<number>[+−-]?[\d.,][^A-Za-z€£$%)]*?(?:[eE][+-]?\d{1,3})?)"
    r"\s*(?P<close>\)?)\s*(?P<after>[^\d\s.,()]{1,4})?\s*(?P<end>\)?)"
)
LARGEST = Decimal(10) ** 15


def decimal_sign(number: str) -> str | None:
    """What one number proves: 'point', 'comma', 'either' (1,234); None when it has neither."""
    bare = re.sub(r"[^\d.,]", "", number)
    points, commas = bare.count("."), bare.count(",")
    if not points and not commas:
        return None
    if points and commas:
        return "point" if bare.rindex(".") > bare.rindex(",") else "comma"
    sign = "." if points else ","
    other = {".": "comma", ",": "point"}[sign]
    if max(points, commas) > 1:
        return other
    whole, part = bare.split(sign)
    if len(part) == 3 and 1 <= len(whole) <= 3 and whole != "0":
        return "either"
    return "point" if sign == "." else "comma"


def number(text: str, decimal: str) -> Decimal:
    """A number with thousands separators and the plan's decimal sign."""
    bare = text.replace("−", "-").strip()
    if not _NUMBER.fullmatch(bare):
        raise BadValue("a number", "this is not a number")
    bare = re.sub(r"['’\u00a0\u202f ]", "", bare)
    proven = decimal_sign(bare)
    if proven == "either":
        if decimal not in ("point", "comma"):
            raise BadValue(
                "a number such as 1200.50",
                "the sign in it can part thousands or decimals; say which in this file",
            )
        proven = decimal
    elif proven and decimal in ("point", "comma") and proven != decimal:
        raise BadValue(f"a number with a decimal {decimal}", f"this one has a decimal {proven}")
    if proven == "comma":
        bare = _without_thousands(bare, ".").replace(",", ".")
    else:
        bare = _without_thousands(bare, ",")
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise BadValue("a number", "this is not a number") from None
    if abs(value) >= LARGEST:
        raise BadValue("a number below 1,000,000,000,000,000", "this is too large to be true")
    return value


def _without_thousands(bare: str, sign: str) -> str:
    if sign not in bare:
        return bare
    first, *groups = bare.lstrip("+-").split(sign)
    last = re.split(r"[.,eE]", groups[-1])[0]
    if not 1 <= len(first) <= 3 or any(len(g) not in (2, 3) for g in groups[:-1]) or len(last) != 3:
        raise BadValue("a number", "its thousands are not parted every three digits")
    return bare.replace(sign, "")


def amount(text: str, decimal: str) -> tuple[Decimal, str | None, str | None]:
    """An amount: its value, the currency that its sign names, and a sign that names several."""
    match = _AROUND.fullmatch(text)
    if not match:
        raise BadValue("an amount, such as 1200 or 1,200.00", "this is not an amount")
    signs = [s.strip() for s in (match["before"], match["after"]) if s and s.strip()]
    currency, shared = None, None
    for sign in signs:
        if sign.upper() in CODES:
            currency = sign.upper()
        elif sign in SIGNS:
            currency = SIGNS[sign]
        elif sign.casefold() in SHARED_SIGNS:
            shared = sign
        else:
            raise BadValue("an amount with a known currency", f"“{sign}” is not a known currency")
    value = number(match["number"], decimal)
    if (match["minus"] == "(") != bool(match["close"] or match["end"]):
        raise BadValue("an amount, such as 1200 or 1,200.00", "this is not an amount")
    return (-value if match["minus"] else value), currency, shared


def minor_units(value: Decimal, currency: str) -> int:
    """1200.50 EUR is 120050; JPY has no minor digits, KWD three."""
    return int((value * 10 ** digits(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def currency_code(text: str) -> str:
    code = SIGNS.get(text.strip(), text.strip().upper())
    if code not in CODES:
        # Salesforce writes "EUR - Euro" in some reports.
        code = code[:3] if re.match(r"[A-Z]{3}\b", code) else code
    if code not in CODES:
        raise BadValue("a currency code such as EUR", "this is not a currency of ISO 4217")
    return code


def percent_or_number(text: str, decimal: str) -> float:
    if text.endswith("%"):
        return float(number(text[:-1].strip(), decimal)) / 100
    return float(number(text, decimal))


def whole_number(text: str, decimal: str) -> int:
    value = number(text, decimal)
    if value != value.to_integral_value():
        raise BadValue("a whole number", "this has a fraction")
    return int(value)


# --- Words and identifiers ---------------------------------------------------------------------

YES = frozenset(
    "yes y true t 1 x wahr ja j oui vrai sí si verdadero sim verdadeiro waar ✓ checked".split()
)
NO = frozenset("no n false f 0 falsch nein non faux falso não nao nee onwaar unchecked".split())
_SHORTENED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,3}")
_FLOAT_ID = re.compile(r"(\d+)\.0")
_EMAIL = re.compile(r"[^\s@<>,;:\"()\[\]]{1,64}@([^\s@<>,;\"()\[\]]+\.[^\s@<>,;.\"()\[\]]{2,63})")
_IN_BRACKETS = re.compile(r"[^<>]*<([^<>]+)>")
_CASE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def identifier(text: str) -> str:
    """An identifier as the source wrote it, unless a spreadsheet has ruined it."""
    if _SHORTENED.fullmatch(text):
        raise BadValue(
            "the whole identifier",
            "a spreadsheet shortened it to a rounded number; "
            "export the file again and open it as text",
        )
    if len(text) > 255:
        raise BadValue("an identifier of at most 255 characters", f"this has {len(text):,}")
    whole = _FLOAT_ID.fullmatch(text)
    return whole[1] if whole else text


def salesforce_id(text: str) -> str:
    """The 18-character form of a Salesforce identifier; both forms name one record."""
    if len(text) == 18 and text.isalnum() and text.isascii():
        if case_letters(text[:15]) != text[15:].upper():
            raise BadValue(
                "a Salesforce identifier",
                "its last three letters don’t fit; upper and lower case were changed",
            )
        return text[:15] + text[15:].upper()
    if len(text) == 15 and text.isalnum() and text.isascii():
        return text + case_letters(text)
    return identifier(text)


def case_letters(first15: str) -> str:
    """The three letters that say which of the fifteen are capitals, five at a time."""
    letters = ""
    for start in (0, 5, 10):
        bits = sum(1 << i for i, c in enumerate(first15[start : start + 5]) if "A" <= c <= "Z")
        letters += _CASE_ALPHABET[bits]
    return letters


def email(text: str) -> str:
    inner = _IN_BRACKETS.fullmatch(text)
    bare = (inner[1] if inner else text).strip().casefold().removeprefix("mailto:")
    match = _EMAIL.fullmatch(bare)
    if not match or len(bare) > 254 or ".." in bare:
        raise BadValue("a mail address", "this is not a mail address")
    return bare


def domain(text: str) -> str:
    found = clean_domain(text)
    if found is None:
        raise BadValue("a web domain such as acme.com", "this is not a domain")
    return found


def boolean(text: str) -> bool:
    """Yes or no; for a follow-up also how often (more than 0 is yes) or when (a day is yes)."""
    folded = text.casefold()
    if folded in YES:
        return True
    if folded in NO:
        return False
    if re.fullmatch(r"\d{1,9}(?:[.,]0+)?", folded):
        return float(folded.replace(",", ".")) > 0
    if find_date(text)[0] not in ("none", "serial"):
        return True
    raise BadValue("yes or no, how often, or when", "this is none of them")


def plain_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise BadValue(f"a text of at most {LONGEST_TEXT:,} characters", f"this has {len(text):,}")
    return text


def split_list(text: str) -> list[str]:
    return list(dict.fromkeys(p for p in (part.strip() for part in text.split(";")) if p))
