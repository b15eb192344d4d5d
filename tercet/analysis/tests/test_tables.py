import ibis
import pytest

from tercet.analysis.errors import MissingColumn, WrongType
from tercet.analysis.tables import DEALS, LEADS, arrow_schema, conform, shape_of


@pytest.mark.parametrize("shape", [LEADS, DEALS])
def test_no_column_can_name_a_person(shape):
    for name in shape.names:
        assert not {"owner", "person", "member", "rep", "name", "mail", "by"} & {*name.split("_")}


def test_what_is_absent_is_added_as_nulls_and_what_is_strange_is_dropped():
    table = ibis.table({"lead": "int32", "created_on": "date", "shoe": "int64"}, name="t")
    found = conform(table, LEADS)
    assert found.columns == LEADS.names
    assert found.won_on.type().is_date()


def test_refuses_a_table_without_its_key():
    table = ibis.table({"created_on": "date"}, name="t")
    with pytest.raises(MissingColumn, match="no column “lead”"):
        conform(table, LEADS)


def test_refuses_a_day_that_is_text():
    table = ibis.table({"lead": "int64", "created_on": "string"}, name="t")
    with pytest.raises(WrongType, match="found string, expected date"):
        conform(table, LEADS)


@pytest.mark.parametrize("shape", [LEADS, DEALS])
def test_the_arrow_schema_conforms(shape, backend):
    empty = backend.create_table("empty", arrow_schema(shape).empty_table(), temp=True)
    assert shape_of(empty) is shape
    assert conform(empty, shape).columns == shape.names
    backend.drop_table("empty")
