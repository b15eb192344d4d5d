import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tercet.analysis.engine import in_memory, open_folder
from tercet.analysis.errors import MissingTable, UnknownEngine


@pytest.fixture
def snapshot(tmp_path):
    folder = tmp_path / "it's a snapshot"
    (folder / "touches").mkdir(parents=True)
    pq.write_table(pa.table({"lead": [1, 2, 3]}), folder / "leads.parquet")
    pq.write_table(pa.table({"touch": [1]}), folder / "touches" / "a.parquet")
    pq.write_table(pa.table({"touch": [2]}), folder / "touches" / "b.parquet")
    pq.write_table(pa.table({"secret": [1]}), tmp_path / "secret.parquet")
    return folder


def test_opens_files_and_folders_as_tables(snapshot):
    with open_folder(snapshot, threads=1) as opened:
        assert opened.names == ("leads", "touches")
        assert opened.table("leads").count().to_pyarrow().as_py() == 3
        assert opened.table("touches").count().to_pyarrow().as_py() == 2


def test_names_the_table_that_is_not_there(snapshot):
    with open_folder(snapshot) as opened, pytest.raises(MissingTable, match="leads, touches"):
        opened.table("deals")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_parquet('{outside}')",
        "COPY (SELECT 1) TO '{outside}.csv'",
        "ATTACH '{outside}.db' AS stolen",
        "SET enable_external_access=true",
        "SET threads=1",
        "INSTALL httpfs",
    ],
)
def test_duckdb_is_shut_in(snapshot, query):
    outside = snapshot.parent / "secret.parquet"
    with open_folder(snapshot) as opened, pytest.raises(duckdb.Error):
        opened.backend.raw_sql(query.format(outside=outside))


def test_duckdb_without_a_folder_reads_no_file(snapshot):
    backend = in_memory()
    with pytest.raises(duckdb.Error):
        backend.raw_sql(f"SELECT * FROM read_parquet('{snapshot.parent / 'secret.parquet'}')")
    backend.disconnect()


@pytest.mark.parametrize("url", ["nowhere", "abacus://here"])
def test_refuses_an_address_that_names_no_engine(snapshot, url):
    with pytest.raises(UnknownEngine), open_folder(snapshot, url):
        pass


def test_takes_another_engine_by_its_url(snapshot):
    with open_folder(snapshot, "duckdb://:memory:") as opened:
        assert opened.table("leads").count().to_pyarrow().as_py() == 3
