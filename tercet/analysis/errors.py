"""What can stop a figure.

::

    AnalysisError
    ├── BadInput              the table or the file can't be read as asked
    │   ├── MissingColumn     a column that the figure needs is not there
    │   ├── WrongType         a column holds another type than its schema says
    │   ├── BadValue          one value can't be read; says file, line, column
    │   ├── BadRow            a row has more or fewer fields than the header
    │   └── BadFile           a file is empty, missing or of an unknown kind
    ├── BadArgument           an argument lies outside what is allowed
    ├── CannotTell            the input is sound, but can't carry the figure
    │   ├── EmptyPeriod       nothing was created in the period
    │   ├── TooFew            fewer cases than the figure needs
    │   ├── NoAmounts         no won row has an amount
    │   ├── MixedCurrencies   amounts of several currencies; they are never added
    │   └── NotReached        fewer than the asked share ever got there
    └── EngineError           the place where tables live refused
        ├── UnknownEngine     the engine's address names nothing that can be used
        └── MissingTable      the snapshot folder lacks a table
"""

from collections.abc import Iterable


class AnalysisError(ValueError):
    """Base of all; its text names the input, the value and what was expected."""


class BadInput(AnalysisError):
    """The table or the file can't be read as asked."""


class MissingColumn(BadInput):
    """A column that the figure needs is not there."""

    def __init__(self, column: str, where: str, found: Iterable[str] = ()) -> None:
        self.column, self.where, self.found = column, where, tuple(found)
        there = f" It has: {', '.join(self.found)}." if self.found else ""
        super().__init__(f"{where} has no column “{column}”.{there}")


class WrongType(BadInput):
    """A column holds another type than its schema says."""

    def __init__(self, column: str, where: str, found: str, expected: str) -> None:
        self.column, self.where, self.found, self.expected = column, where, found, expected
        super().__init__(f"{where}, column “{column}”: found {found}, expected {expected}.")


class BadValue(BadInput):
    """One value can't be read. Lines count from 1, the header included."""

    def __init__(self, where: str, line: int, column: str, value: str, expected: str) -> None:
        self.where, self.line, self.column = where, line, column
        self.value, self.expected = value, expected
        super().__init__(
            f"{where}, line {line}, column “{column}”: found “{value}”, expected {expected}."
        )


class BadRow(BadInput):
    """A row has more or fewer fields than the header."""

    def __init__(self, where: str, line: int, found: int, expected: int) -> None:
        self.where, self.line, self.found, self.expected = where, line, found, expected
        super().__init__(
            f"{where}, line {line}: found {found} fields, expected {expected} as in the header."
        )


class BadFile(BadInput):
    """A file is empty, missing or of an unknown kind."""


class BadArgument(AnalysisError):
    """An argument lies outside what is allowed."""


class CannotTell(AnalysisError):
    """The input is sound, but can't carry the figure."""


class EmptyPeriod(CannotTell):
    """Nothing was created in the period."""


class TooFew(CannotTell):
    """Fewer cases than the figure needs."""

    def __init__(self, what: str, found: float, needed: int, where: str = "") -> None:
        self.what, self.found, self.needed, self.where = what, found, needed, where
        place = f"{where} has " if where else ""
        super().__init__(f"{place}{found:,.0f} {what}; at least {needed:,} are needed.")


class NoAmounts(CannotTell):
    """No won row has an amount."""


class MixedCurrencies(CannotTell):
    """Amounts of several currencies; they are never added."""

    def __init__(self, currencies: Iterable[str], where: str = "the table") -> None:
        self.currencies = tuple(sorted(currencies))
        super().__init__(
            f"Amounts in {where} are in {', '.join(self.currencies)}; choose one currency."
        )


class NotReached(CannotTell):
    """Fewer than the asked share ever got there."""


class EngineError(AnalysisError):
    """The place where tables live refused."""


class UnknownEngine(EngineError):
    """The engine's address names nothing that can be used."""


class MissingTable(EngineError):
    """The snapshot folder lacks a table."""
