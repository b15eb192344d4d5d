"""The locks hold what pyproject.toml asks for, with hashes, and name no host. Needs no network."""

import re
import sys
import tomllib
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
MACHINES = (("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64"))


def main() -> int:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "run": project["dependencies"],
        "test": project["dependencies"] + extras["test"],
        "check": project["dependencies"] + extras["test"] + extras["check"],
        "build": extras["build"],
        "postgres": extras["postgres"],
    }
    locks = {name: _read(ROOT / "requirements" / f"{name}.txt") for name in wanted}
    problems = [
        problem
        for name, requirements in wanted.items()
        for problem in unmet(f"requirements/{name}.txt", locks[name], requirements)
    ]
    problems += disagreements(locks)
    problems += [p for name in wanted for p in strays(ROOT / "requirements" / f"{name}.txt")]
    print("\n".join(problems) or f"{len(locks)} locks fit pyproject.toml.")
    if problems:
        print("bin/lock writes them anew.")
    return bool(problems)


Pins = list[tuple[Requirement, int]]


def _read(path: Path) -> Pins:
    """Each pinned requirement with the number of its hashes."""
    pins: Pins = []
    for line in path.read_text().splitlines():
        text = line.rstrip(" \\")
        if text.startswith("    --hash=sha256:"):
            pins[-1] = (pins[-1][0], pins[-1][1] + 1)
        elif text:
            pins.append((Requirement(text), 0))
    return pins


def unmet(lock: str, pins: Pins, requirements: list[str]) -> list[str]:
    problems = [f"{lock}: {pin.name} has no hash." for pin, hashes in pins if not hashes]
    for text in requirements:
        wanted = Requirement(text)
        for environment in _environments():
            if wanted.marker and not wanted.marker.evaluate(environment):
                continue
            if not any(_satisfies(pin, wanted, environment) for pin, _ in pins):
                where = f"Python {environment['python_version']}, {environment['sys_platform']}"
                problems.append(f"{lock}: nothing satisfies “{text}” on {where}.")
    return problems


def _satisfies(pin: Requirement, wanted: Requirement, environment: dict[str, str]) -> bool:
    if canonicalize_name(pin.name) != canonicalize_name(wanted.name):
        return False
    if pin.marker and not pin.marker.evaluate(environment):
        return False
    version = next(iter(pin.specifier)).version
    return wanted.specifier.contains(version, prereleases=True)


def _environments() -> list[dict[str, str]]:
    return [
        {**default_environment(), "extra": ""}
        | {"python_version": python, "python_full_version": f"{python}.0"}
        | {"sys_platform": platform, "platform_machine": machine}
        for python in PYTHONS
        for platform, machine in MACHINES
    ]


def disagreements(locks: dict[str, Pins]) -> list[str]:
    """`check` is the widest; what the others pin is pinned alike there."""
    widest = {(pin.name, pin.specifier) for pin, _ in locks["check"]}
    return [
        f"requirements/{name}.txt pins {pin}, requirements/check.txt another version."
        for name in ("run", "test")
        for pin, _ in locks[name]
        if (pin.name, pin.specifier) not in widest
    ]


def strays(path: Path) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: “{line}” names a host or an option."
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.match(r"-|.*(://|@\s)", line)
    ]


if __name__ == "__main__":
    sys.exit(main())
