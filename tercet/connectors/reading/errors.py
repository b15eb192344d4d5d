"""ReadingError: the whole file can't be read. A single bad row is a refusal, not an error.

ReadingError         the file: damaged, too large, not a table
├── TookTooLong      the child went past its time and was ended
└── Cancelled        the parent asked for the end
"""

from __future__ import annotations


class ReadingError(Exception):
    """Why a file can't be read, where it shows, and what to do."""

    def __init__(
        self,
        reason: str,
        *,
        line: int | None = None,
        column: str = "",
        hint: str = "",
        sheet: str = "",
    ) -> None:
        self.reason, self.line, self.column, self.hint, self.sheet = (
            reason,
            line,
            column,
            hint,
            sheet,
        )
        super().__init__(self.sentence)

    @property
    def place(self) -> str:
        """Where in the file it shows."""
        parts = [
            f"sheet “{self.sheet}”" if self.sheet else "",
            f"line {self.line:,}" if self.line else "",
            f"column {self.column}" if self.column else "",
        ]
        return ", ".join(part for part in parts if part) or "the file"

    @property
    def sentence(self) -> str:
        place = self.place[0].upper() + self.place[1:]
        hint = f" {self.hint}" if self.hint else ""
        return f"{place}: {self.reason}.{hint}"

    def as_json(self) -> dict[str, object]:
        return {
            "reason": self.reason,
            "line": self.line,
            "column": self.column,
            "hint": self.hint,
            "sheet": self.sheet,
        }


class TookTooLong(ReadingError):
    pass


class Cancelled(ReadingError):
    pass
