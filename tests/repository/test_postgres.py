"""The PostgreSQL of a test run is gone when the run is, however that ended."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.postgres import NoPostgreSQL, find_programs

pytestmark = [pytest.mark.flushes, pytest.mark.slow]


@pytest.fixture
def run():
    """A run that holds its server until it is ended."""
    try:
        find_programs()
    except NoPostgreSQL as error:
        pytest.fail(str(error))
    command = [sys.executable, "-m", "tests.postgres", sys.executable, "-c"]
    command.append("import time; print('up', flush=True); time.sleep(60)")
    started = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert started.stdout.readline() == b"up\n"
    yield started
    started.kill()
    started.wait()
    started.stdout.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_the_run(run, how):
    servers = [child for child in psutil.Process(run.pid).children() if "postgres" in child.name()]
    assert servers

    os.kill(run.pid, how)

    _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []
