"""The tables that go in: their columns, types and meaning, as named constants.

Days are days of the workspace's zone, instants are UTC, money is whole minor units beside its
currency. There is no owner or person column, on purpose: a figure can't name anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tercet.analysis.errors import MissingColumn, WrongType

if TYPE_CHECKING:
    import ibis.expr.types as ir

_INSTANT = "timestamp('UTC', 6)"


@dataclass(frozen=True)
class Column:
    """One column: `type` as Ibis spells it; a column that is not required may be null or absent."""

    name: str
    type: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Shape:
    """A named table: one row per `row`."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)


LEADS = Shape(
    "leads",
    "lead",
    (
        Column("lead", "int64", "the lead's number", required=True),
        Column("created_on", "date", "day on which it came in", required=True),
        Column("origin", "string", "where it came from"),
        Column("campaign", "string", "campaign that brought it"),
        Column("team", "string", "team that had it on that day"),
        Column("segment", "string", "segment of its company"),
        Column("created_at", _INSTANT, "instant at which it came in"),
        Column("assigned_at", _INSTANT, "instant at which somebody was given it"),
        Column("first_contact_at", _INSTANT, "first contact by a human; automatic mails left out"),
        Column("followed_up", "boolean", "somebody followed it up; null: the data does not say"),
        Column("followed_up_on", "date", "day of the first follow-up"),
        Column("accepted_on", "date", "day on which sales accepted it"),
        Column("qualified_on", "date", "day on which it was qualified"),
        Column("deal_on", "date", "day on which a deal was opened for it"),
        Column("won_on", "date", "day on which the deal was won"),
        Column("lost_on", "date", "day on which it was lost or disqualified"),
        Column("amount_minor", "int64", "value of what was won, in minor units"),
        Column("currency", "string", "its currency, ISO 4217"),
    ),
)
DEALS = Shape(
    "deals",
    "deal",
    (
        Column("deal", "int64", "the deal's number", required=True),
        Column("lead", "int64", "the lead it came from"),
        Column("created_on", "date", "day on which it was opened"),
        Column("origin", "string", "where it came from"),
        Column("campaign", "string", "campaign that brought it"),
        Column("team", "string", "team that had it on that day"),
        Column("segment", "string", "segment of its company"),
        Column("product", "string", "what is sold"),
        Column("pipeline", "string", "pipeline that it runs through"),
        Column("type", "string", "new, expansion or renewal"),
        Column("won_on", "date", "day on which it was won"),
        Column("lost_on", "date", "day on which it was lost"),
        Column("amount_minor", "int64", "its value, in minor units"),
        Column("currency", "string", "its currency, ISO 4217"),
    ),
)


def shape_of(table: ir.Table) -> Shape:
    """DEALS if the table has a column `deal`, else LEADS.

    Parameters
    ----------
    table : ibis Table

    Returns
    -------
    Shape

    Examples
    --------
    >>> import ibis
    >>> shape_of(ibis.table({"lead": "int64", "created_on": "date"}, name="t")).name
    'leads'
    """
    return DEALS if "deal" in table.columns else LEADS


def conform(table: ir.Table, shape: Shape) -> ir.Table:
    """Check a table against its shape; add the columns it lacks, as nulls.

    Parameters
    ----------
    table : ibis Table
        Any columns; those outside the shape are dropped.
    shape : Shape
        LEADS or DEALS.

    Returns
    -------
    ibis Table
        Exactly the shape's columns, in its order.

    Raises
    ------
    MissingColumn
        A required column is absent.
    WrongType
        A column holds another type; whole numbers of any width pass for int64.

    Examples
    --------
    >>> import ibis
    >>> bare = ibis.table({"lead": "int64", "created_on": "date"}, name="t")
    >>> conform(bare, LEADS).columns[:4]
    ('lead', 'created_on', 'origin', 'campaign')
    """
    import ibis

    columns: dict[str, Any] = {}
    for column in shape.columns:
        if column.name in table.columns:
            columns[column.name] = _checked(table, column, shape)
        elif column.required:
            raise MissingColumn(column.name, f"The table of {shape.name}", table.columns)
        else:
            columns[column.name] = ibis.null(column.type)
    return table.select(**columns)


def _checked(table: ir.Table, column: Column, shape: Shape) -> Any:
    import ibis

    value, wanted = table[column.name], ibis.dtype(column.type)
    found = value.type()
    if found.is_null():
        return value.cast(wanted)
    same = (
        (found.is_integer() and wanted.is_integer())
        or (found.is_timestamp() and wanted.is_timestamp())
        or (found.copy(nullable=True) == wanted.copy(nullable=True))
    )
    if not same:
        raise WrongType(column.name, f"The table of {shape.name}", str(found), column.type)
    return value


def arrow_schema(shape: Shape) -> Any:
    """The shape as a pyarrow schema, for whoever writes the Parquet file.

    Parameters
    ----------
    shape : Shape

    Returns
    -------
    pyarrow.Schema

    Examples
    --------
    >>> arrow_schema(LEADS).field("created_at").type
    TimestampType(timestamp[us, tz=UTC])
    """
    import pyarrow as pa

    types = {
        "int64": pa.int64(),
        "date": pa.date32(),
        "string": pa.string(),
        "boolean": pa.bool_(),
        _INSTANT: pa.timestamp("us", "UTC"),
    }
    return pa.schema(
        [
            pa.field(column.name, types[column.type], nullable=not column.required)
            for column in shape.columns
        ]
    )
