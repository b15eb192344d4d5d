"""The wheel holds every file that the product needs, and nothing of its tests."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        wheel = _build(Path(folder))
        names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("tercet/")}
    needed = {name for name in _tracked() if "/tests/" not in name}
    problems = [f"The wheel lacks {name}." for name in sorted(needed - names)]
    problems += [f"The wheel holds {name}." for name in sorted(names) if "/tests/" in name]
    print("\n".join(problems) or f"The wheel holds all {len(needed)} files.")
    return bool(problems)


def _build(folder: Path) -> Path:
    """From a copy of what is tracked, so that stray files and old builds don't hide a mistake."""
    source = folder / "source"
    source.mkdir()
    for name in [*_tracked(), "pyproject.toml", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(source)],
        capture_output=True,
        text=True,
    )
    if built.returncode:
        sys.exit(f"The wheel could not be built:\n{built.stderr}")
    return next(folder.glob("*.whl"))


def _tracked() -> list[str]:
    answer = subprocess.run(
        ["git", "ls-files", "-z", "tercet"], cwd=ROOT, capture_output=True, check=True
    )
    names = answer.stdout.decode().split("\0")[:-1]
    return [name for name in names if (ROOT / name).is_file()]


if __name__ == "__main__":
    sys.exit(main())
