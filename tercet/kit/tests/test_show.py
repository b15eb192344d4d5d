import json
import re
from pathlib import Path

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponse, QueryDict
from django.template import engines
from jinja2 import UndefinedError

import tercet
from tercet.kit import errors, gallery, shell, toasts
from tercet.kit.icons import icon
from tercet.kit.show import show
from tercet.kit.tests.test_tables import TABLE, groups  # noqa: F401  (a fixture)


@pytest.fixture
def page(groups):  # noqa: F811  (the fixture's value)
    return {"page": TABLE.page(groups, QueryDict(""))}


@pytest.fixture
def asking(rf):
    """A request, as htmx makes it when `headers` say so, with room for messages."""

    def ask(path="/", **headers):
        request = rf.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        request.session = {}
        request._messages = FallbackStorage(request)
        return request

    return ask


def test_shows_the_whole_page_to_a_browser(asking, page):
    answer = show(asking(), "kit/tests/rows.html", page, part="rows")

    assert answer.content.startswith(b"<!doctype html>")
    assert "HX-Request" in answer["Vary"]


def test_shows_only_the_part_to_htmx(asking, page):
    answer = show(asking(HX_Request="true"), "kit/tests/rows.html", page, part="rows", status=422)

    assert answer.status_code == 422
    assert answer.content.strip().startswith(b'<div class="table-box" id="rows">')


@pytest.mark.parametrize("kind", ["full", "partial"])
def test_history_and_whole_bodies_get_the_whole_page(asking, page, kind):
    request = asking(HX_Request="true", HX_Request_Type=kind)
    answer = show(request, "kit/tests/rows.html", page, part="rows")

    assert answer.content.startswith(b"<!doctype html>") == (kind == "full")


def test_a_toast_rides_on_the_part_or_is_drawn_on_the_page(asking, page):
    request = asking(HX_Request="true")
    toasts.toast(request, "Moved to “Won”", undo="/undo/7")
    answer = show(request, "kit/tests/rows.html", page, part="rows")

    assert json.loads(answer["HX-Trigger"]) == {
        "kit:toasts": {"toasts": [{"text": "Moved to “Won”", "undo": "/undo/7", "is_bad": False}]}
    }

    request = asking()
    toasts.toast(request, "Refused", is_bad=True)
    assert 'data-tone="bad"' in show(request, "kit/tests/rows.html", page).content.decode()


def test_the_theme_of_the_cookie_stands_in_the_first_byte_sent(asking, page):
    request = asking()
    request.COOKIES["theme"] = "dark"
    assert (
        b'<html lang="en" data-theme="dark">' in show(request, "kit/tests/rows.html", page).content
    )

    request.COOKIES["theme"] = '"><script>'
    assert b'<html lang="en">' in show(request, "kit/tests/rows.html", page).content


def test_a_missing_name_is_an_error(asking):
    with pytest.raises(UndefinedError, match="page"):
        show(asking(), "kit/tests/rows.html", {})


def test_the_gallery_has_no_inline_style_script_or_address_elsewhere(asking):
    html = show(asking(), "kit/gallery.html", gallery.context()).content.decode()

    assert " style=" not in html
    assert "<style" not in html
    assert "onclick" not in html
    assert html.count("<script") == html.count('<script src="/static/')
    assert "https://" not in html.replace("https://tercet.example", "")


@pytest.mark.parametrize("status", sorted(errors.SAYS))
def test_an_error_page_needs_no_database_and_shows_the_request_s_number(rf, status):
    request = rf.get("/")
    request.id = "a1b2c3"
    answer = errors.error_page(request, status)

    assert answer.status_code == status
    assert b"a1b2c3" in answer.content


def test_the_doors_words_are_shown_and_escaped(rf):
    answer = errors.forbidden(rf.get("/"), PermissionError("Only <admins> may."))

    assert b"Only &lt;admins&gt; may." in answer.content
    assert errors.unavailable(rf.get("/"))["Retry-After"] == "60"


def test_an_icon_that_is_not_there_says_how_to_get_it():
    assert icon("bell").startswith("<svg")
    with pytest.raises(LookupError, match="bin/vendor"):
        icon("../bell")


def test_every_icon_named_in_a_template_is_there():
    named = {
        name
        for template in Path(tercet.__file__).parent.glob("*/jinja2/**/*.html")
        for name in re.findall(r'icon(?:_name)?(?:\(|=|": )"([a-z0-9-]+)"', template.read_text())
    }
    assert {name for name in named if not icon(name)} == set()


def test_places_are_drawn_in_order_and_the_longest_address_is_current(rf, monkeypatch):
    monkeypatch.setattr(shell, "_places", {})
    monkeypatch.setattr(shell, "_providers", {})
    monkeypatch.setattr(shell, "_reverse", lambda name, *args: "" if name == "gone" else f"/{name}")
    shell.place("Revenue", "Funnel", icon="funnel", to="r/funnel", order=20)
    shell.place("Revenue", "Deals", icon="handshake", to="r", order=10, badge=lambda request: 4)
    shell.place("Later", "Roadmap", icon="map", to="gone")
    shell.place("Later", "Hidden", icon="map", to="hidden", when=lambda request: False)
    request = rf.get("/r/funnel/2026-Q3")
    request.workspace = type("Quay", (), {"slug": "quay", "__str__": lambda self: "Quay"})()

    drawn = shell.shell(request)

    assert drawn.name == "Quay"
    assert [group for group, _ in drawn.nav] == ["Revenue"]
    assert [(link.label, link.current, link.badge) for link in drawn.nav[0][1]] == [
        ("Deals", False, 4),
        ("Funnel", True, None),
    ]
    with pytest.raises(ValueError, match="The shell has no 'bells'"):
        shell.provide("bells", lambda request: HttpResponse())


def test_every_file_of_a_style_sheet_or_script_is_there():
    static = Path(gallery.__file__).parent / "static"
    for sheet in (static / "kit" / "css").glob("*.css"):
        for path in re.findall(r'url\("([^"]+)"\)', sheet.read_text()):
            assert (sheet.parent / path).is_file(), path
    base = engines["jinja2"].env.get_template("kit/base.html")
    assert {sheet.stem for sheet in (static / "kit" / "css").glob("*.css")} == set(
        re.findall(
            r'"([a-z]+)"', re.search(r"for sheet in \((.+?)\)", Path(base.filename).read_text())[1]
        )
    )
    main = (static / "kit" / "js" / "main.js").read_text()
    behaviours = {path.name for path in (static / "kit" / "js" / "behaviours").glob("*.js")}
    assert set(re.findall(r"behaviours/([a-z]+\.js)", main)) == behaviours
