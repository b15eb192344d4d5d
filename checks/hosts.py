"""No tracked file names a package registry's address or a folder of somebody's machine."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# In brackets, so that this file does not find itself.
FORBIDDEN = re.compile(
    r"p[y]pi\.[o]rg|python[h]osted|npm[j]s\.(com|org)|[d]eb\.debian\.|[r]egistry\.yarn"
    r"|/[r]oot/|/[w]ork/|/[h]ome/[a-z]|/[U]sers/[a-z]"
)


def main() -> int:
    answer = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = answer.stdout.decode().split("\0")[:-1]
    problems = [
        f"{name}:{number}: {match.group()}"
        for name in names
        for number, line in enumerate(_lines(ROOT / name), 1)
        if (match := FORBIDDEN.search(line))
    ]
    print("\n".join(problems) or f"{len(names)} tracked files name no registry and no machine.")
    return bool(problems)


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        return []
    raw = path.read_bytes()
    return [] if b"\0" in raw[:8000] else raw.decode("utf-8", "replace").splitlines()


if __name__ == "__main__":
    sys.exit(main())
