"""One line for each figure of the battery, kept in `evidence/` at the project's root."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def evidence(name: str, figure: str, target: str, *, passed: bool, seed: object = "-") -> None:
    """Print the figure and write it down, with the database and the commit that it was taken on."""
    verdict = "PASS" if passed else "FAIL"
    database = "postgresql" if os.environ.get("TERCET_TEST_DATABASE") else "sqlite"
    line = f"{name} {database} | {figure} | {target} | {verdict} | seed {seed} | {_commit()}"
    print(line)
    folder = ROOT / "evidence"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}-{database}.txt").write_text(line + "\n")


def _commit() -> str:
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return "no git"
    return done.stdout.strip() or "no commit"
