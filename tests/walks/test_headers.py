"""T-11: the security headers stand on every route and every status."""

from typing import Any

import pytest
from django.test import Client
from django_scopes import scopes_disabled

from tests.battery.evidence import evidence
from tests.walks.routes import all_routes
from tests.walks.things import make_things

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# allauth's links from mails carry a key of its own making.
WITH_KEYS = {"account_confirm_email", "account_reset_password_from_key"}
WANTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def test_every_answer_carries_the_security_headers(world):
    with scopes_disabled():
        things = make_things(world.quay, "quay-thing")
    client = Client(raise_request_exception=False)
    client.force_login(world.ada.person, backend=BACKEND)
    answers = [
        client.generic(method, route.url("quay", things))
        for route in all_routes()
        for method in ("GET", "POST", "DELETE")
        if (not route.parameters or route.is_ours) and route.name not in WITH_KEYS
    ]
    answers += [client.get("/quay/no-such-page"), client.get("/no-such-workspace/revenue/")]
    answers.append(
        client.post("/quay/", data=b"x" * 3_000_000, content_type="application/octet-stream")
    )

    wrong = [fault for answer in answers for fault in _faults(answer)]
    statuses = sorted({answer.status_code for answer in answers})
    evidence(
        "T-11",
        f"{len(answers)} answers, statuses {statuses}, {len(wrong)} wrong",
        "0 wrong",
        passed=not wrong,
    )
    assert wrong == []
    assert {200, 302, 404, 405, 413} <= set(statuses)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_error_pages_need_no_database(status, rf):
    from tercet.kit.errors import error_page

    answer = error_page(rf.get("/"), status)

    assert answer.status_code == status
    assert b"<script>" not in answer.content


def _faults(answer: Any) -> list[str]:
    where = f"{answer.request['REQUEST_METHOD']} {answer.request['PATH_INFO']} {answer.status_code}"
    faults = [
        f"{where}: {name} is {answer.headers.get(name)!r}"
        for name, value in WANTED.items()
        if answer.headers.get(name) != value
    ]
    if answer.headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        faults.append(f"{where}: other sites may learn the address")
    policy = answer.headers.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        faults.append(f"{where}: the content security policy is {policy!r}")
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        faults.append(f"{where}: a shared cache may keep it")
    if not answer.headers.get("X-Request-Id"):
        faults.append(f"{where}: no request id")
    return faults
