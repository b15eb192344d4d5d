"""The queue: nothing is lost, nothing is done by two, nothing is half done."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tercet.record import jobs
from tercet.record.models import Job

seen: list[str] = []


@jobs.job("test.note", most_attempts=2)
def note(word: str) -> None:
    seen.append(word)


@jobs.job("test.fail", most_attempts=2)
def fail() -> None:
    raise OSError("no road")


@pytest.fixture(autouse=True)
def _nothing_seen():
    seen.clear()


def test_runs_a_job_once(db):
    jobs.enqueue("test.note", word="hello")

    assert jobs.run_due() == 1
    assert seen == ["hello"]
    assert Job.objects.get().state == "done"


def test_the_same_key_waits_once(db):
    jobs.enqueue("test.note", key="k", word="one")
    jobs.enqueue("test.note", key="k", word="two")

    jobs.run_due()
    assert seen == ["one"]


def test_a_finished_key_may_come_again(db):
    jobs.enqueue("test.note", key="k", word="one")
    jobs.run_due()
    jobs.enqueue("test.note", key="k", word="two")
    jobs.run_due()

    assert seen == ["one", "two"]


def test_a_dead_workers_job_is_taken_again(db):
    jobs.enqueue("test.note", word="again")
    moment = timezone.now()
    jobs.claim(moment)

    assert jobs.claim(moment) is None
    taken = jobs.claim(moment + jobs.LEASE + timedelta(seconds=1))
    jobs.run(taken)
    assert seen == ["again"]


def test_a_slow_worker_cannot_finish_what_it_lost(db):
    jobs.enqueue("test.note", word="x")
    moment = timezone.now()
    slow = jobs.claim(moment)
    jobs.claim(moment + jobs.LEASE + timedelta(seconds=1))

    with pytest.raises(jobs.LeaseLost):
        jobs.finish(slow)


def test_a_failure_waits_longer_and_then_stays_as_failed(db):
    jobs.enqueue("test.fail")
    moment = timezone.now()
    jobs.run(jobs.claim(moment))

    row = Job.objects.get()
    assert row.state == "waiting"
    assert row.run_after > moment
    assert "no road" in row.problem

    jobs.run(jobs.claim(row.run_after))
    assert Job.objects.get().state == "failed"
