"""The project's own semgrep rules, and proof that each still finds what it is for.

Every line of a fixture under `fail/` that ends in “must fail” has to be found, and no other;
nothing under `pass/` may be. A finding anywhere in `tercet/` fails the check.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.battery.evidence import evidence

HERE = Path(__file__).parent / "semgrep"
ROOT = Path(__file__).parents[1]
FIXTURES = HERE / "fixtures"
MARK = "must fail"

Lines = dict[str, set[tuple[Path, int]]]


def main() -> int:
    report = _scan([ROOT / "tercet", FIXTURES])
    found, in_fixtures, messages = _sorted(report)
    problems = [f"semgrep: {error['message']}" for error in report["errors"]]
    stale = _fixture_problems(in_fixtures, _rule_names())
    problems += stale
    for path, line, rule in sorted(found):
        problems.append(f"{path}:{line}: {rule}: {messages[rule]}")
    print("\n".join(problems))
    evidence(
        "T-5",
        f"{len(_rule_names())} rules, {len(stale)} stale fixtures, {len(found)} findings",
        "0 stale fixtures, 0 findings",
        passed=not problems,
    )
    return bool(problems)


def _scan(paths: list[Path]) -> dict:
    program = Path(sys.executable).with_name("semgrep")
    quiet = {"SEMGREP_ENABLE_VERSION_CHECK": "0", "SEMGREP_SEND_METRICS": "off"}
    # Semgrep starts programs of its own that it looks for beside itself.
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    options = ["--metrics=off", "--disable-version-check", "--disable-nosem", "--jobs=2"]
    answer = subprocess.run(
        [program, "scan", "--json", "--quiet", *options, "--config", HERE / "rules", *paths],
        env=os.environ | quiet | {"PATH": path},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if not answer.stdout:
        sys.exit(f"semgrep did not run:\n{answer.stderr}")
    return json.loads(answer.stdout)


def _sorted(report: dict) -> tuple[set[tuple[Path, int, str]], Lines, dict[str, str]]:
    found, in_fixtures, messages = set(), defaultdict(set), {}
    for result in report["results"]:
        rule, line = result["check_id"].rsplit(".", 1)[-1], result["start"]["line"]
        path = (ROOT / result["path"]).resolve()
        messages[rule] = " ".join(result["extra"]["message"].split())
        if path.is_relative_to(FIXTURES):
            in_fixtures[rule].add((path.relative_to(FIXTURES), line))
        else:
            found.add((path.relative_to(ROOT), line, rule))
    return found, in_fixtures, messages


def _fixture_problems(in_fixtures: Lines, rules: set[str]) -> list[str]:
    problems = []
    for rule in sorted(rules):
        expected = _marked_lines(rule)
        own = {(path, line) for path, line in in_fixtures[rule] if path.parts[0] == rule}
        if not expected:
            problems.append(f"{rule}: no line of its fixtures is marked “{MARK}”.")
        if not (FIXTURES / rule / "pass").is_dir():
            problems.append(f"{rule}: no fixture shows what passes.")
        problems += [
            f"{path}:{line}: {rule} no longer finds this." for path, line in expected - own
        ]
        problems += [
            f"{path}:{line}: {rule} finds this by mistake." for path, line in own - expected
        ]
    return problems


def _marked_lines(rule: str) -> set[tuple[Path, int]]:
    return {
        (path.relative_to(FIXTURES), number)
        for path in (FIXTURES / rule / "fail").rglob("*.*")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if MARK in line
    }


def _rule_names() -> set[str]:
    return {
        line.split("- id:")[1].strip()
        for path in (HERE / "rules").glob("*.yml")
        for line in path.read_text().splitlines()
        if line.startswith("  - id:")
    }


if __name__ == "__main__":
    sys.exit(main())
