"""Where tables live while a figure is computed: DuckDB here, or another engine by its URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tercet.analysis.errors import MissingTable, UnknownEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

DUCKDB = "duckdb://"


@dataclass(frozen=True)
class Snapshot:
    """An open folder of Parquet files, one table per file or per sub-folder of files."""

    folder: Path
    backend: Any

    @property
    def names(self) -> tuple[str, ...]:
        files = {path.stem for path in self.folder.glob("*.parquet")}
        folders = {path.parent.name for path in self.folder.glob("*/*.parquet")}
        return tuple(sorted(files | folders))

    def table(self, name: str) -> ir.Table:
        """Lazy table of `<name>.parquet`, or of all files in `<name>/`.

        Parameters
        ----------
        name : str

        Returns
        -------
        ibis Table

        Raises
        ------
        MissingTable
            Neither the file nor the folder is there.
        """
        if name not in self.names:
            there = ", ".join(self.names) or "nothing"
            raise MissingTable(f"{self.folder.name} has no table “{name}”; it has {there}.")
        file = self.folder / f"{name}.parquet"
        source = file if file.exists() else self.folder / name / "*.parquet"
        return self.backend.read_parquet(str(source), table_name=name)


@contextmanager
def open_folder(
    folder: Path | str, url: str = DUCKDB, *, memory: str = "512MB", threads: int | None = None
) -> Iterator[Snapshot]:
    """Open a folder of Parquet files on an engine, and close the engine afterwards.

    DuckDB is shut in: it reads this folder and nothing else, reaches no network, loads no
    extension, and no query can change that. Other engines are opened as Ibis opens them.

    Parameters
    ----------
    folder : path
        Holds `<table>.parquet` or `<table>/*.parquet`.
    url : str
        "duckdb://" for DuckDB in this process, else any address that Ibis knows, such as
        "pyspark://".
    memory : str
        DuckDB's limit; beyond it, it gives up rather than take the machine.
    threads : int, optional
        DuckDB's threads; all cores if not given.

    Yields
    ------
    Snapshot

    Raises
    ------
    MissingTable
        The folder is not there.
    UnknownEngine
        The address names no engine that is installed.

    Examples
    --------
    >>> with open_folder("no/such/folder") as snapshot:
    ...     pass
    Traceback (most recent call last):
    ...
    tercet.analysis.errors.MissingTable: There is no folder “folder”.
    """
    folder = Path(folder).resolve()
    if not folder.is_dir():
        raise MissingTable(f"There is no folder “{folder.name}”.")
    backend = _connect(url)
    try:
        if backend.name == "duckdb":
            _shut_in(backend, folder, memory, threads)
        yield Snapshot(folder, backend)
    finally:
        backend.disconnect()


def in_memory(*, memory: str = "512MB") -> Any:
    """DuckDB without any file: for tables that are already in memory.

    Parameters
    ----------
    memory : str
        DuckDB's limit.

    Returns
    -------
    ibis backend
        `create_table(name, arrow_table)` makes a table of it.

    Examples
    --------
    >>> import pyarrow
    >>> in_memory().create_table("t", pyarrow.table({"a": [1, 2]})).count().to_pyarrow().as_py()
    2
    """
    backend = _connect(DUCKDB)
    _shut_in(backend, None, memory, None)
    return backend


def _connect(url: str) -> Any:
    import ibis

    scheme = urlsplit(url).scheme
    if not scheme:
        raise UnknownEngine(f"An engine's address looks like “{DUCKDB}”, not “{url}”.")
    if url == DUCKDB:
        return ibis.duckdb.connect()
    try:
        return ibis.connect(url)
    except (ValueError, ImportError, AttributeError, ibis.common.exceptions.IbisError) as error:
        raise UnknownEngine(f"No engine answers to “{scheme}://…”: {error}.") from error


def _shut_in(backend: Any, folder: Path | None, memory: str, threads: int | None) -> None:
    allowed = [] if folder is None else [str(folder)]
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in allowed)
    for setting in (
        f"SET memory_limit='{memory}'",
        *([f"SET threads={threads:d}"] if threads else []),
        "SET autoinstall_known_extensions=false",
        "SET autoload_known_extensions=false",
        f"SET allowed_directories=[{listed}]",
        "SET enable_external_access=false",
        "SET lock_configuration=true",
    ):
        backend.raw_sql(setting)
