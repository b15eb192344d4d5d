"""Files that no honest program wrote, each from its seed: the same seed, the same bytes."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
from collections.abc import Callable
from functools import cache

HEADER = ["Deal ID", "Deal Name", "Company", "Deal Stage", "Close Date", "Amount", "Email"]
_ODD_CELLS = [
    "1e308", "-1e308", "1.2E+11", "NaN", "Infinity", "=1+1", "=cmd|' /C calc'!A0", "@SUM(1)", "+1",
    "2026-02-30", "99/99/9999", "0000-00-00", "31/04/2026", "03/04/2026", "2026-03-29 02:30:00",
    "1899-12-31", "9999-12-31", "45000", "-45000", "12:61", "٣٤٥", "１２３", "½", "\u202e",
    "\ufeff", "a" * 20_000, '"', "'", "\\", "é", "€ 1.234,56", "1,234", "1.234",
    "1'234.50", "12%", "N/A", "null", "\t", "a\nb", "a;b;c", "\x01", "\x7f", "𝔘𝔫𝔦",
    "00Q5g00000ABCDE", "00Q5g00000ABCDEXYZ",
]  # fmt: skip


def build(seed: int) -> tuple[str, bytes]:
    """A file's name and its bytes."""
    rng = random.Random(seed)
    make = _MAKERS[seed % len(_MAKERS)]
    name = make.__name__.strip("_")
    data = make(rng)
    suffix = "xlsx" if data[:2] == b"PK" else "parquet" if data[:4] == b"PAR1" else "csv"
    return f"{seed:05}_{name}.{suffix}", data


def _rows(rng: random.Random, count: int = 60) -> list[list[str]]:
    return [
        [
            f"D{n:05}",
            f"Deal {n}",
            rng.choice(["Acme", "Müller & Söhne", "Société Générale", "Quay"]),
            rng.choice(["Closed Won", "Closed Lost", "Proposal"]),
            f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            str(rng.randint(1, 90_000)),
            f"person{n}@company{n % 7}.example",
        ]
        for n in range(count)
    ]


def _text(rows: list[list[str]], separator: str = ",", end: str = "\n") -> str:
    lines = [HEADER, *rows]
    return end.join(separator.join(_cell(c, separator) for c in row) for row in lines) + end


def _cell(cell: str, separator: str) -> str:
    risky = any(c in cell for c in (separator, '"', "\n", "\r"))
    return '"' + cell.replace('"', '""') + '"' if risky else cell


def _plain(rng: random.Random) -> bytes:
    return _text(_rows(rng)).encode()


def byte_flips(rng: random.Random) -> bytes:
    data = bytearray(_plain(rng))
    for _ in range(rng.randint(1, 60)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def truncated(rng: random.Random) -> bytes:
    data = _plain(rng)
    return data[: rng.randrange(1, len(data))]


def encodings(rng: random.Random) -> bytes:
    text = _text(_rows(rng), rng.choice(",;\t|"), rng.choice(["\n", "\r\n", "\r"]))
    name = rng.choice(
        ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "cp1252", "utf-32", "mac_roman"]
    )
    data = text.encode(name, "replace")
    return data[: -rng.randint(0, 3) or None]


def mixed_encodings(rng: random.Random) -> bytes:
    lines = _text(_rows(rng)).splitlines(keepends=True)
    names = ["utf-8", "cp1252", "utf-16-le", "cp1251", "shift_jis"]
    return b"".join(line.encode(rng.choice(names), "replace") for line in lines)


def mixed_separators(rng: random.Random) -> bytes:
    rows = [HEADER, *_rows(rng)]
    return "\n".join(rng.choice(",;\t|").join(row) for row in rows).encode()


def nuls(rng: random.Random) -> bytes:
    data = bytearray(_plain(rng))
    for _ in range(rng.randint(1, 40)):
        data.insert(rng.randrange(len(data)), 0)
    return bytes(data)


def odd_cells(rng: random.Random) -> bytes:
    rows = _rows(rng)
    for _ in range(rng.randint(5, 120)):
        rng.choice(rows)[rng.randrange(len(HEADER))] = rng.choice(_ODD_CELLS)
    return _text(rows).encode("utf-8", "replace")


def ragged(rng: random.Random) -> bytes:
    rows = _rows(rng)
    for _ in range(rng.randint(1, 30)):
        at = rng.randrange(len(rows))
        rows[at] = rows[at][: rng.randint(0, 7)] + ["more"] * rng.choice([0, 0, 1, 5, 500])
    return _text(rows).encode()


def open_quotes(rng: random.Random) -> bytes:
    lines = _text(_rows(rng, 400)).splitlines(keepends=True)
    for _ in range(rng.randint(1, 5)):
        at = rng.randrange(len(lines))
        lines[at] = lines[at].replace(",", ',"', 1)
    return "".join(lines).encode()


def many_columns(rng: random.Random) -> bytes:
    count = rng.choice([2_001, 50_000, 1_000_000])
    return (",".join(f"c{i}" for i in range(count)) + "\n" + "," * (count - 1) + "\n").encode()


def long_line(rng: random.Random) -> bytes:
    return b"a,b\n" + rng.choice([b"x", b'"', b",", b"\x00"]) * rng.choice([200_000, 3_000_000])


def noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.choice([1, 7, 100, 5_000, 200_000]))


def magic_then_noise(rng: random.Random) -> bytes:
    magic = rng.choice(
        [
            b"PK\x03\x04",
            b"PAR1",
            b"\x1f\x8b",
            b"\xff\xfe",
            b"\xef\xbb\xbf",
            b"\xd0\xcf\x11\xe0",
            b"sep=;\n",
        ]
    )
    return magic + rng.randbytes(rng.choice([0, 4, 500, 20_000]))


def gzipped(rng: random.Random) -> bytes:
    data = bytearray(gzip.compress(_plain(rng), mtime=0))
    for _ in range(rng.choice([0, 1, 10])):
        data[rng.randrange(10, len(data))] = rng.randrange(256)
    return bytes(data[: rng.choice([len(data), rng.randrange(12, len(data))])])


def gzip_bomb(rng: random.Random) -> bytes:
    return _gzip_bomb(rng.choice([b"\x00", b"a", b"a,b\n"]), rng.choice([1 << 20, 1 << 25]))


@cache
def _gzip_bomb(unit: bytes, size: int) -> bytes:
    return gzip.compress(unit * (size // len(unit)), 9, mtime=0)


def workbook_flips(rng: random.Random) -> bytes:
    data = bytearray(_workbook(_sheet(_rows(rng))))
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def workbook_truncated(rng: random.Random) -> bytes:
    data = _workbook(_sheet(_rows(rng)))
    return data[: rng.randrange(4, len(data))]


def workbook_member_edits(rng: random.Random) -> bytes:
    """The archive is whole; what is in it is not."""
    sheet = _sheet(_rows(rng))
    edits: list[Callable[[str], str]] = [
        lambda s: s.replace("</row>", "", 1),
        lambda s: s[: rng.randrange(len(s))],
        lambda s: s.replace('r="A', 'r="', 5),
        lambda s: s.replace('t="inlineStr"', 't="s"', 3),
        lambda s: s.replace("<v>", "<v>x", 5),
        lambda s: s.replace("<sheetData>", '<dimension ref="A1:B2"/><sheetData>'),
        lambda s: s.replace("<c ", "<c " + 'x="1" ' * 50, 2),
        lambda s: s.replace('r="2"', 'r="99999999999999999999"'),
        lambda s: s.replace("Deal 1", "&#x0;"),
        lambda s: s.replace("<sheetData>", "<sheetData>" + "<a>" * 5_000),
    ]
    return _workbook(rng.choice(edits)(sheet))


def workbook_sparse(rng: random.Random) -> bytes:
    far = rng.choice(["XFD1048576", "A1048576", "XFD1", "ZZZZ999999999", "GS1", "A200001"])
    cell = f'<row r="{far.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{far}"><v>1</v></c></row>'
    sheet = _sheet(_rows(rng, 5))
    return _workbook(sheet.replace("</sheetData>", cell + "</sheetData>"))


def workbook_bomb(rng: random.Random) -> bytes:
    return _spaces(rng.choice([30, 120]) << 20)


@cache
def _spaces(size: int) -> bytes:
    sheet = "<worksheet><sheetData>" + " " * size + "</sheetData></worksheet>"
    return _workbook(sheet, level=1)


def workbook_entities(rng: random.Random) -> bytes:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    )
    inner = rng.choice([bomb, '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">'])
    cell = "<c t='inlineStr'><is><t>&j;</t></is></c>"
    body = f"<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>"
    return _workbook('<?xml version="1.0"?>' + inner + "]>" + body)


def workbook_many_entries(rng: random.Random) -> bytes:
    return _workbook(_sheet(_rows(rng, 3)), more=rng.choice([199, 500, 3_000]))


def workbook_odd_cells(rng: random.Random) -> bytes:
    rows = _rows(rng)
    for _ in range(rng.randint(5, 80)):
        odd = rng.choice(_ODD_CELLS).replace("\x01", "").replace("\x7f", "")
        rng.choice(rows)[rng.randrange(len(HEADER))] = odd
    return _workbook(_sheet(rows, formulas=rng.random() < 0.5))


def parquet_flips(rng: random.Random) -> bytes:
    data = bytearray(_parquet())
    for _ in range(rng.randint(1, 40)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


def parquet_truncated(rng: random.Random) -> bytes:
    data = _parquet()
    cut = data[: rng.randrange(4, len(data))]
    return cut + struct.pack("<I", rng.randrange(1 << 31)) + b"PAR1" if rng.random() < 0.5 else cut


def _workbook(sheet: str, *, level: int = 6, more: int = 0) -> bytes:
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, text in {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": "<Relationships/>",
            "xl/workbook.xml": f'<workbook xmlns:r="{relations}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
            "xl/_rels/workbook.xml.rels": f'<Relationships><Relationship Id="r1" Type="{relations}'
            '/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
            "xl/worksheets/sheet1.xml": sheet,
            **{f"xl/media/{n}.xml": "x" for n in range(more)},
        }.items():
            archive.writestr(
                zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED, level
            )
    return out.getvalue()


def _sheet(rows: list[list[str]], *, formulas: bool = False) -> str:
    lines = []
    for n, row in enumerate([HEADER, *rows], start=1):
        cells = "".join(_sheet_cell(f"{chr(65 + i)}{n}", c, formulas) for i, c in enumerate(row))
        lines.append(f'<row r="{n}">{cells}</row>')
    return f"<worksheet><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _sheet_cell(at: str, cell: str, formulas: bool) -> str:
    safe = cell.replace("&", "&amp;").replace("<", "&lt;")
    formula = f"<f>{safe}</f>" if formulas and cell.startswith("=") else ""
    if cell.isascii() and cell.isdigit():
        return f'<c r="{at}">{formula}<v>{safe}</v></c>'
    return f'<c r="{at}" t="inlineStr">{formula}<is><t>{safe}</t></is></c>'


@cache
def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = _rows(random.Random(7), 500)
    columns = {name: [row[i] for row in rows] for i, name in enumerate(HEADER)}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


_MAKERS: tuple[Callable[[random.Random], bytes], ...] = (
    byte_flips, truncated, encodings, mixed_encodings, mixed_separators, nuls, odd_cells, ragged,
    open_quotes, many_columns, long_line, noise, magic_then_noise, gzipped, gzip_bomb,
    workbook_flips, workbook_truncated, workbook_member_edits, workbook_sparse, workbook_bomb,
    workbook_entities, workbook_many_entries, workbook_odd_cells, parquet_flips, parquet_truncated,
)  # fmt: skip
