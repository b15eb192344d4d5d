"""T-24: many at once, behind a barrier. Limits hold, no update is lost, nothing breaks."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_scopes import scopes_disabled

from conftest import build_world
from tercet.kit.refusal import Refused
from tercet.people.commands import create_workspace, make_sign_in_link, use_sign_in_link
from tercet.people.models import Member, Workspace
from tercet.record import jobs
from tercet.record.handoffs import end_handoff
from tercet.record.models import Handoff, Job
from tests.battery.evidence import evidence

pytestmark = pytest.mark.flushes
ROUNDS = 500 if os.environ.get("TERCET_BATTERY") == "nightly" else 12
THREADS = 12


@pytest.fixture
def quay(transactional_db):
    return build_world()


def at_once(work: Callable[[int], object]) -> list[object]:
    """What each of many threads got when all began together; an exception is a result too."""
    barrier = threading.Barrier(THREADS)
    results: list[object] = [None] * THREADS

    def run(number: int) -> None:
        barrier.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(each,)) for each in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def unexpected(results: list[object]) -> list[object]:
    found = [
        each for each in results if isinstance(each, Exception) and not isinstance(each, Refused)
    ]
    for each in found:
        print(repr(each))
    return found


def test_a_sign_in_link_lets_one_in(quay):
    broken = 0
    for _ in range(ROUNDS):
        token = make_sign_in_link(quay.ada.person, now=timezone.now())
        results = at_once(lambda _, token=token: use_sign_in_link(token, now=timezone.now()))
        let_in = [each for each in results if not isinstance(each, Exception)]
        broken += len(let_in) != 1 or bool(unexpected(results))
    _tell("sign-in link", broken)


def test_each_job_is_claimed_once(quay):
    broken = 0
    for _ in range(ROUNDS):
        for number in range(THREADS // 2):
            jobs.enqueue("record.tidy", key=f"race {number}")
        results = at_once(lambda _: jobs.claim(timezone.now() + timedelta(seconds=1)))
        taken = [each.pk for each in results if isinstance(each, Job)]
        broken += len(taken) != len(set(taken)) or len(taken) != THREADS // 2
        broken += bool(unexpected(results))
        Job.objects.all().delete()
    _tell("job claim", broken)


def test_a_key_waits_once(quay):
    broken = 0
    for number in range(ROUNDS):
        results = at_once(lambda _, key=f"only {number}": jobs.enqueue("record.tidy", key=key))
        broken += Job.objects.filter(key=f"only {number}").count() != 1 or bool(unexpected(results))
    _tell("unique job", broken)


def test_no_count_is_lost(quay):
    before = quay.quay.change_count
    for _ in range(ROUNDS):
        at_once(lambda _: quay.quay.mark_changed())
    lost = before + ROUNDS * THREADS - Workspace.objects.get(pk=quay.quay.pk).change_count
    _tell("counter", lost)


def test_workspaces_of_one_name_get_slugs_of_their_own(quay):
    broken = 0
    for number in range(ROUNDS // 3):
        results = at_once(
            lambda _, name=f"Race {number}": create_workspace(
                name, owner=quay.ada.person, today=quay.today
            )
        )
        slugs = {each.workspace.slug for each in results if isinstance(each, Member)}
        broken += len(slugs) != THREADS or bool(unexpected(results))
    _tell("unique slug", broken)


def test_a_handoff_ends_once(quay):
    broken = 0
    for _ in range(ROUNDS):
        handoff = _handoff(quay)
        outcomes = ["done", "declined", "withdrawn", "lapsed"] * (THREADS // 4)
        moments = [quay.now + timedelta(minutes=number) for number in range(THREADS)]

        def end(number, handoff=handoff, outcomes=outcomes, moments=moments):
            with scopes_disabled():
                mine = Handoff.objects.get(pk=handoff.pk)
                end_handoff(mine, outcome=outcomes[number], at=moments[number])
                return mine.outcome, mine.ended_at

        results = at_once(end)
        broken += len(set(map(str, results))) != 1 or bool(unexpected(results))
    _tell("handoff", broken)


def _handoff(quay):
    with scopes_disabled():
        return Handoff.objects.create(
            workspace=quay.quay,
            kind="race",
            title="A race",
            to_team=quay.marketing,
            asked_at=quay.now,
        )


def _tell(what: str, broken: int) -> None:
    evidence(
        f"T-24 {what}",
        f"{ROUNDS} rounds of {THREADS}, {broken} broken",
        "0 broken",
        passed=not broken,
    )
    assert broken == 0
