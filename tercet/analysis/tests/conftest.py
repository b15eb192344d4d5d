from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import tercet
from tercet.analysis.engine import in_memory
from tercet.analysis.tables import DEALS, LEADS, arrow_schema


@pytest.fixture(scope="session")
def backend():
    backend = in_memory()
    yield backend
    backend.disconnect()


@pytest.fixture
def table(backend) -> Callable[..., Any]:
    """A lazy table of leads or deals from a few dicts; what a dict leaves out is null."""
    made = []

    def make(*rows: dict[str, Any]) -> Any:
        shape = DEALS if "deal" in rows[0] else LEADS
        filled = [
            {name: row.get(name) for name in shape.names} | {shape.row: row.get(shape.row, i)}
            for i, row in enumerate(rows)
        ]
        name = f"rows_{len(made)}"
        made.append(name)
        data = pa.Table.from_pylist(filled, schema=arrow_schema(shape))
        return backend.create_table(name, data, overwrite=True)

    yield make
    for name in made:
        backend.drop_table(name)


@pytest.fixture
def shared() -> Path:
    folder = Path(tercet.__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("The folder with real data is not beside the project.")
    return folder


def day(text: str) -> date:
    return date.fromisoformat(text)
