"""What a test run stands on: a folder and a database of its own, never those of a workspace.

Loaded by `-p tests.provision`, before Django reads its settings.
"""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import quote

import hypothesis
import pytest

DATA = Path(tempfile.mkdtemp(prefix="tercet-tests-"))

for name in [name for name in os.environ if name.startswith("TERCET_")]:
    if not name.startswith("TERCET_TEST_"):
        del os.environ[name]
os.environ["TERCET_DATA"] = str(DATA)
(DATA / "static").mkdir()
os.environ["TERCET_SECRET_KEY"] = "the same key in every test process"
if database := os.environ.get("TERCET_TEST_DATABASE"):
    os.environ["TERCET_DATABASE"] = database

# A busy machine is no failure, and a failure can be repeated from what is printed.
hypothesis.settings.register_profile("tercet", deadline=None, print_blob=True)
hypothesis.settings.load_profile("tercet")


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    default = settings.DATABASES["default"]
    if "postgresql" not in default["ENGINE"]:
        # A file, not memory: other processes of a test open the same one.
        default.setdefault("TEST", {})["NAME"] = default["NAME"]


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Examples in docstrings are run in analysis alone; elsewhere only test files are imported."""
    if collection_path.suffix != ".py" or "analysis" in collection_path.parts:
        return None
    return None if collection_path.name.startswith(("test_", "__init__")) else True


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(DATA, ignore_errors=True)


@pytest.fixture
def child_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which another process works on this test's folder and database."""
    from django.db import connection

    settings = connection.settings_dict
    environment = dict(os.environ)
    if connection.vendor == "postgresql":
        environment["TERCET_DATABASE"] = (
            f"postgresql://{quote(settings['USER'])}:{quote(settings['PASSWORD'])}"
            f"@{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
        )
    return environment


@pytest.fixture
def async_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's synchronous calls run an event loop, in which Django refuses its database."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
