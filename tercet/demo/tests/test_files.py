import csv

from tercet.connectors.mapping.fields import KINDS as IMPORTED
from tercet.demo.files import KINDS, write_files


def test_one_file_per_kind_with_every_row(quay, tmp_path):
    paths = write_files(quay, tmp_path)

    assert tuple(paths) == KINDS
    for kind, path in paths.items():
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(getattr(quay, kind))


def test_cells_read_as_people_and_importers_expect(quay, tmp_path):
    with write_files(quay, tmp_path)["leads"].open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file))

    assert row["created"].endswith("Z")
    assert row["followed_up"] in ("yes", "no")
    assert "None" not in row.values()


def test_columns_are_the_importers(quay, tmp_path):
    for kind, path in write_files(quay, tmp_path).items():
        with path.open(encoding="utf-8", newline="") as file:
            columns = set(next(csv.reader(file)))
        assert columns <= {field.name for field in IMPORTED[kind].fields} | {"currency"}
