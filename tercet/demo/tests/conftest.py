import pytest

from tercet.demo.quay import simulate


@pytest.fixture(scope="session")
def quay():
    return simulate()
