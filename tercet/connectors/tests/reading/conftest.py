import csv
import io
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tercet.connectors.mapping.guess import guess
from tercet.connectors.mapping.plan import Plan
from tercet.connectors.reading import child

FIXTURES = Path(__file__).parent / "fixtures"


class Desk:
    """A table to lay files on: write one, look at it, bring it in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def lay(self, name: str, text: str | bytes, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    def bring(self, path: Path, plan: Plan | None = None, kind: str | None = None, **answers):
        plan = plan or guess(child.sniff(path), kind)
        for key, value in answers.items():
            plan = plan.answer(key, value)
        return child.convert(path, plan, self.folder / f"out_{path.stem}")

    def rows(self, converted, kind: str) -> list[dict]:
        return pq.read_table(converted.kinds[kind].path).to_pylist()

    def rows_of(self, part: Path) -> list[dict]:
        return pq.read_table(part).to_pylist()

    def refused(self, converted) -> list[dict]:
        text = converted.refused_path.read_text(encoding="utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


@pytest.fixture
def workbook(tmp_path):
    """Writes an XLSX by hand: cells are (type, value), as Excel would store them."""

    def write(rows, *, dimension="", name="book.xlsx") -> Path:
        lines = []
        for n, row in enumerate(rows, start=1):
            cells = "".join(_cell(f"{chr(65 + i)}{n}", cell) for i, cell in enumerate(row))
            lines.append(f'<row r="{n}">{cells}</row>')
        seen = f'<dimension ref="{dimension}"/>' if dimension else ""
        sheet = f"<worksheet>{seen}<sheetData>{''.join(lines)}</sheetData></worksheet>"
        return _archive(tmp_path / name, sheet)

    return write


def _cell(at, cell):
    kind, value = cell if isinstance(cell, tuple) else ("inlineStr", cell)
    if kind == "inlineStr":
        return f'<c r="{at}" t="inlineStr"><is><t>{value}</t></is></c>'
    style = ' s="1"' if kind == "date" else ""
    return f'<c r="{at}"{style}><v>{value}</v></c>'


def _archive(path, sheet):
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    members = {
        "xl/workbook.xml": f'<workbook xmlns:r="{relations}"><sheets>'
        '<sheet name="Deals" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/styles.xml": '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs>'
        "</styleSheet>",
        "xl/worksheets/sheet1.xml": sheet,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path
