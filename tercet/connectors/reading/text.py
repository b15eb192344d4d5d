"""CSV and TSV: encoding, separator, quote, and rows, streamed and bounded."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from tercet.connectors.mapping.plan import Reading
from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.limits import (
    CELL_LENGTH,
    GZIP_RATIO,
    LINE_LENGTH,
    LINES_IN_A_ROW,
    UPLOAD,
)
from tercet.connectors.reading.table import Row

SAMPLE = 1 << 20
SEPARATORS = (",", ";", "\t", "|")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Tried in this order by charset-normalizer when the bytes are neither UTF-8 nor Western.
_OTHER_ENCODINGS = [
    "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "shift_jis",
    "cp932", "gb18030", "big5", "cp949", "mac_roman", "cp850", "cp1252",
]  # fmt: skip
_WESTERN = frozenset(
    "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝßàáâãäåæçèéêëìíîïñòóôõöøùúûüýÿŒœŠšŽž€£¥§©®°ºª«»“”‘’„–—…•·´¿¡\u00a0²³½¼×"
)


def open_rows(path: Path, reading: Reading) -> tuple[Iterator[Row], Callable[[], int], int]:
    raw = path.open("rb")
    source: IO[bytes] = gzip.GzipFile(fileobj=raw) if reading.is_gzipped else raw  # type: ignore[assignment]
    size = path.stat().st_size
    return _rows(source, reading, size), raw.tell, size


def unpacked_at_most(size: int) -> int:
    """How far an archive of this size may unpack: tables shrink to a thirtieth, bombs to less."""
    return min(UPLOAD, max(2**20, GZIP_RATIO * size))


def _rows(source: IO[bytes], reading: Reading, size: int) -> Iterator[Row]:
    csv.field_size_limit(CELL_LENGTH)
    errors = "surrogateescape" if reading.encoding.startswith("utf-8") else "replace"
    most = unpacked_at_most(size) if reading.is_gzipped else UPLOAD
    lines = _Lines(io.TextIOWrapper(source, reading.encoding, errors), most)
    reader = csv.reader(
        lines,
        delimiter=reading.separator,
        quotechar=reading.quote or '"',
        quoting=csv.QUOTE_MINIMAL if reading.quote else csv.QUOTE_NONE,
    )
    while True:
        started = lines.count + 1
        lines.row_started = started
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise ReadingError(
                "a cell is longer than 131,072 characters, or a quote opened here is never closed",
                line=started,
            ) from None
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise ReadingError(
                "the bytes are damaged from here on", line=started, hint=str(error)
            ) from None
        yield started, cells


class _Lines:
    """Lines of a text, each bounded, and counted for the messages."""

    def __init__(self, stream: io.TextIOWrapper, most: int) -> None:
        self.stream, self.most = stream, most
        self.count = 0
        self.row_started = 1
        self.read = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.stream.readline(LINE_LENGTH)
        if not line:
            raise StopIteration
        self.count += 1
        self.read += len(line)
        if len(line) == LINE_LENGTH and not line.endswith("\n"):
            raise ReadingError(f"it is longer than {LINE_LENGTH:,} characters", line=self.count)
        if self.count - self.row_started > LINES_IN_A_ROW:
            raise ReadingError("a quote opened here is never closed", line=self.row_started)
        if self.read > self.most:
            raise ReadingError(f"it unpacks to more than {self.most:,} bytes", line=self.count)
        return line


def look(path: Path, encoding: str = "", separator: str = "") -> Reading:
    """How to read a text file: its encoding, separator and quote."""
    with path.open("rb") as file:
        is_gzipped = file.read(2) == b"\x1f\x8b"
    sample, is_whole = _sample(path, is_gzipped)
    if encoding:
        _check_encoding(encoding)
    encoding = encoding or _encoding(path, sample, is_whole, is_gzipped)
    text = sample.decode(encoding, "replace")
    if not is_whole:
        text = text[: text.rfind("\n") + 1] or text
    _check_is_text(text)
    quote = _quote(text)
    separator = separator or _separator(text, quote)
    return Reading("csv", encoding, separator, quote, is_gzipped=is_gzipped)


def _sample(path: Path, is_gzipped: bool) -> tuple[bytes, bool]:
    try:
        with gzip.open(path) if is_gzipped else path.open("rb") as file:
            sample = file.read(SAMPLE)
            return sample, not file.read(1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise ReadingError("the gzip archive is damaged", hint=str(error)) from None


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise ReadingError(
            f"“{encoding}” is not a known encoding", hint="Say utf-8 or cp1252."
        ) from None


def _check_is_text(text: str) -> None:
    head = text[:20_000]
    odd = sum(1 for c in head if c in "\x00\ufffd" or (c < " " and c not in "\t\r\n\f\x0b"))
    if odd > len(head) * 0.1:
        raise ReadingError("this is not text", line=1, hint="Save it as CSV or XLSX.")


def _encoding(path: Path, sample: bytes, is_whole: bool, is_gzipped: bool) -> str:
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    if guessed := _utf16_without_mark(sample):
        return guessed
    not_utf8 = _first_not_utf8(path, is_gzipped)
    if not not_utf8:
        return "utf-8"
    return _single_byte(sample, not_utf8)


def _utf16_without_mark(sample: bytes) -> str:
    head = sample[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) * 0.3 and even < len(head) * 0.05:
        return "utf-16-le"
    if even > len(head) * 0.3 and odd < len(head) * 0.05:
        return "utf-16-be"
    return ""


def _first_not_utf8(path: Path, is_gzipped: bool) -> bytes:
    """The neighbourhood of the bytes that are not UTF-8; empty when (nearly) all are.

    A few damaged bytes in a file of proper UTF-8 make damaged rows, not another encoding.
    """
    good = bad = 0
    around: list[bytes] = []
    with gzip.open(path) if is_gzipped else path.open("rb") as file:
        most = unpacked_at_most(path.stat().st_size) if is_gzipped else UPLOAD
        for line in _byte_lines(file, most):
            if line.isascii():
                continue
            try:
                line.decode("utf-8")
                good += 1
            except UnicodeDecodeError:
                bad += 1
                if len(around) < 2000:
                    around.append(line)
    if bad == 0 or good > bad * 3:
        return b""
    return b"\n".join(around)


def _byte_lines(file: io.BufferedIOBase, most: int) -> Iterator[bytes]:
    """Lines up to a bound; what lies past it is refused when the rows are read."""
    try:
        while most > 0 and (line := file.readline(LINE_LENGTH)):
            most -= len(line)
            yield line
    except (OSError, EOFError, ValueError, zlib.error):
        return  # damage shows again, with its line, when the rows are read


def _single_byte(sample: bytes, lines: bytes) -> str:
    western = lines.decode("cp1252", "replace")
    foreign = Counter(c for c in western if not c.isascii())
    odd = sum(n for c, n in foreign.items() if c not in _WESTERN)
    if odd <= sum(foreign.values()) * 0.02 and not _is_scrambled(western):
        return "cp1252"
    from charset_normalizer import from_bytes

    found = from_bytes(lines[:200_000], cp_isolation=_OTHER_ENCODINGS).best()
    return found.encoding if found else "cp1252"


def _is_scrambled(text: str) -> bool:
    """Whether letters with accents stand in rows, as when Cyrillic is read as Western."""
    accented = sum(1 for c in text if not c.isascii() and unicodedata.category(c)[0] == "L")
    in_rows = sum(len(run) for run in re.findall(r"[À-ÿ]{3,}", text))
    return accented > 10 and in_rows > accented * 0.5


def _quote(text: str) -> str:
    double = len(re.findall(r'(?:^|[,;\t|])"', text[:200_000], re.M))
    single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", text[:200_000], re.M))
    return "'" if single > 4 and double == 0 else '"'


def _separator(text: str, quote: str) -> str:
    """The separator whose rows agree best on how many cells they have."""
    lines = text[:200_000].splitlines()[:300]
    if lines and (said := re.fullmatch(r"sep=(.)", lines[0].strip())):
        return said[1]
    return max(SEPARATORS, key=lambda s: _agreement(lines, s, quote))


def _agreement(lines: list[str], separator: str, quote: str) -> tuple[float, int]:
    try:
        widths = Counter(
            len(row) for row in csv.reader(lines, delimiter=separator, quotechar=quote) if row
        )
    except csv.Error:
        return (0.0, 0)
    many = {width: n for width, n in widths.items() if width > 1}
    if not many:
        return (0.0, 0)
    width, count = max(many.items(), key=lambda item: (item[1], item[0]))
    return (round(count / sum(widths.values()), 1), width)
