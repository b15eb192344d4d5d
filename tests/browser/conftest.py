"""The demo company, served as people run it, and a Chromium that complains about everything."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.battery.site import Site, site

OPEN_DEMO = """
import os
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tercet.config.settings")
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
from tercet.demo.commands import open_demo
call_command("migrate", interactive=False, verbosity=0)
open_demo(now=timezone.now())
"""


@pytest.fixture(scope="session")
def quay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Quay, served."""
    with site(tmp_path_factory.mktemp("quay"), prepare=OPEN_DEMO) as installation:
        installation.start()
        yield installation


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The small world of the tests, served, without any customers."""
    with site(tmp_path_factory.mktemp("empty")) as installation:
        installation.start()
        yield installation


@pytest.fixture(scope="session")
def signed_in(chromium: Any) -> Callable[[Site, str], Any]:
    """What a browser keeps after this person has used a sign-in link of this site."""
    kept: dict[tuple[str, str], Any] = {}

    def state(installation: Site, mail: str) -> Any:
        key = (installation.base, mail)
        if key not in kept:
            context = chromium.new_context()
            page = context.new_page()
            page.goto(installation.sign_in_link(mail))
            page.click("main button")
            page.wait_for_url("**/quay/**")
            kept[key] = context.storage_state()
            context.close()
        return kept[key]

    return state


@pytest.fixture
def open_page(chromium: Any, signed_in: Callable[[Site, str], Any]) -> Iterator[Callable[..., Any]]:
    """Opens a page of a site; whatever the browser complains about fails the test at its end."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_it(
        installation: Site,
        path: str,
        *,
        who: str,
        width: int = 1440,
        height: int = 900,
        theme: str = "light",
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            storage_state=signed_in(installation, who),
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _stays_here(request.url, installation, complaints))
        page.goto(installation.base + path)
        page.wait_for_selector("html[data-ready]")
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert complaints == []


def _stays_here(url: str, installation: Site, complaints: list[str]) -> None:
    if not url.startswith((installation.base, "data:", "blob:")):
        complaints.append(f"The page asked for {url}")


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """What axe finds on a page, one line each."""
    source = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()

    def run(page: Any) -> list[str]:
        page.evaluate(source)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {each['help']} {[node['target'] for node in each['nodes']][:3]}"
            for each in found["violations"]
        ]

    return run
