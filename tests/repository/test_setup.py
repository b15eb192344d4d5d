"""`bin/setup` on machines that lack something, played by scripts in place of each python."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import tercet

ROOT = Path(tercet.__file__).parents[1]
BROKEN = "#!/bin/sh\necho 'this shim has no version behind it' >&2\nexit 127\n"
TOO_OLD = "#!/bin/sh\nexit 1\n"
WITHOUT_VENV = """#!/bin/sh
case $2 in
  *'import venv'*) exit 1 ;;
  *print*) echo 3.11 ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    """What `bin/setup` reads, and a PATH on which every python is the test's own."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "path").mkdir()
    shutil.copy(ROOT / "bin" / "setup", tmp_path / "bin")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    for tool in "bash cat cut dirname flock grep id rm sed sha256sum".split():
        (tmp_path / "path" / tool).symlink_to(shutil.which(tool))
    return tmp_path


def run_setup(clone, *arguments, **pythons):
    for name, script in pythons.items():
        program = clone / "path" / name.replace("_", ".")
        program.write_text(script)
        program.chmod(0o755)
    environment = {"PATH": str(clone / "path"), "HOME": str(clone)}
    return subprocess.run(
        ["bash", clone / "bin" / "setup", *arguments],
        env=environment,
        capture_output=True,
        text=True,
    )


def test_without_the_venv_module_it_names_the_command_that_installs_it(clone):
    answer = run_setup(clone, python3_13=BROKEN, python3_12=TOO_OLD, python3_11=WITHOUT_VENV)

    assert answer.returncode == 2
    assert "Python 3.11 is here, but without its venv module" in answer.stderr
    assert "apt-get install -y python3.11-venv" in answer.stderr


def test_without_a_python_that_runs_it_says_which_it_needs(clone):
    answer = run_setup(clone, python3_13=BROKEN, python3=TOO_OLD)

    assert answer.returncode == 2
    assert "3.11, 3.12 or 3.13" in answer.stderr
    assert not (clone / ".venv").exists()


def test_a_lock_that_it_does_not_know_is_refused(clone):
    answer = run_setup(clone, "everything")

    assert answer.returncode == 2
    assert "“everything” is not one of run, test, check" in answer.stderr


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "bin").iterdir()))
def test_every_command_can_be_run(name):
    program = ROOT / "bin" / name
    assert os.access(program, os.X_OK)
    if program.read_text().startswith("#!/usr/bin/env bash"):
        subprocess.run(["bash", "-n", program], check=True)
