"""The child: `python -m tercet.connectors.reading COMMAND FILE …`, alone with one file.

Says JSON lines on standard output: progress, then one result or one error.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tercet.connectors.reading.errors import ReadingError
from tercet.connectors.reading.limits import cpu_seconds, memory_bytes, shut_in


def main(arguments: list[str]) -> int:
    command, path, *rest = arguments
    file = Path(path)
    shut_in(cpu_seconds(file), memory_bytes(file))
    try:
        _say({"result": _run(command, file, rest)})
    except ReadingError as error:
        _say({"error": error.as_json()})
    except MemoryError:
        _say({"error": ReadingError("the file is damaged or too large").as_json()})
    except RecursionError:
        _say({"error": ReadingError("the file is damaged: it is nested too deeply").as_json()})
    return 0


def _run(command: str, file: Path, rest: list[str]) -> dict[str, Any]:
    if command == "sniff":
        from tercet.connectors.reading.sniff import sniff

        return sniff(file, json.loads(rest[0]) if rest else {}).as_dict()
    if command == "convert":
        from tercet.connectors.mapping.plan import Plan
        from tercet.connectors.reading.convert import convert

        plan = Plan.from_json(Path(rest[0]).read_text(encoding="utf-8"))
        return convert(file, plan, Path(rest[1]), say=_say)
    raise SystemExit(f"“{command}” is not a command; expected sniff or convert.")


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what, ensure_ascii=True, default=str), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
