"""The job queue: rows with a lease, on SQLite and PostgreSQL alike.

A worker claims a job by writing its token and the end of its lease; a heartbeat moves that end.
When a worker dies, the lease runs out and another worker takes the job again, so a job must be
idempotent. A worker that was only slow is fenced: it cannot finish a job that it lost.
"""

import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from tercet.people.models import Workspace
from tercet.record.models import Job

LEASE = timedelta(seconds=30)
HEARTBEAT = LEASE / 5
LONGEST_WAIT = timedelta(hours=1)

logger = logging.getLogger("tercet.jobs")
Work = Callable[..., None]


class LeaseLost(Exception):
    """Another worker has this job now; what this one did must not be kept."""


@dataclass(frozen=True)
class _Registered:
    work: Work
    most_attempts: int
    priority: int


_registered: dict[str, _Registered] = {}
_current = threading.local()


def job(name: str, *, most_attempts: int = 8, priority: int = 0) -> Callable[[Work], Work]:
    """Register a function as the work of jobs of this name. It is called with the arguments."""

    def register(work: Work) -> Work:
        _registered[name] = _Registered(work, most_attempts, priority)
        return work

    return register


def enqueue(
    name: str,
    *,
    workspace: Workspace | None = None,
    key: str | None = None,
    after: timedelta = timedelta(),
    **arguments: Any,
) -> Job | None:
    """Add a job in the caller's transaction. With a key, nothing happens while one waits."""
    registered = _registered[name]
    moment = timezone.now()
    row = Job(
        name=name,
        workspace=workspace,
        arguments=arguments,
        key=key,
        run_after=moment + after,
        most_attempts=registered.most_attempts,
        priority=registered.priority,
        created_at=moment,
    )
    made = Job.objects.bulk_create([row], ignore_conflicts=key is not None)[0]
    return made if made.pk else None


def claim(moment: datetime, *, key: str | None = None) -> Job | None:
    """Take the next job that waits, or one whose worker has died. None when there is none.

    With a key only that one, for a command that does its own work and leaves the rest to workers.
    """
    with transaction.atomic():
        due = Job.objects.filter(
            Q(state="waiting", run_after__lte=moment) | Q(state="running", leased_until__lt=moment)
        ).order_by("-priority", "run_after", "id")
        if key is not None:
            due = due.filter(key=key)
        if connection.vendor == "postgresql":
            due = due.select_for_update(skip_locked=True)
        found = due.first()
        if found is None:
            return None
        found.state = "running"
        found.attempts = F("attempts") + 1
        found.leased_until = moment + LEASE
        found.lease_token = secrets.token_hex(12)
        found.save(update_fields=["state", "attempts", "leased_until", "lease_token"])
        found.refresh_from_db()
        return found


def run(taken: Job) -> None:
    """Do a claimed job with a heartbeat beside it, and finish it behind the fence."""
    registered = _registered.get(taken.name)
    beat = _Heartbeat(taken)
    beat.start()
    _current.job = taken
    try:
        if registered is None:
            raise LookupError(f"No code of this version knows the job {taken.name!r}.")
        if taken.attempts > taken.most_attempts:
            raise _GivenUp(taken.problem or "Its worker died each time.")
        _work(registered.work, taken)
    except LeaseLost:
        logger.warning("Job %s %s went to another worker.", taken.pk, taken.name)
    except Exception as error:
        logger.exception("Job %s %s failed.", taken.pk, taken.name)
        _fail(taken, error)
    else:
        finish(taken)
    finally:
        _current.job = None
        beat.stop()


def finish(taken: Job) -> None:
    """Mark the job done, only while its lease is ours. A job may do this in its own transaction."""
    changed = Job.objects.filter(
        pk=taken.pk, lease_token=taken.lease_token, state="running"
    ).update(state="done", finished_at=timezone.now(), leased_until=None, problem="")
    if (
        not changed
        and not Job.objects.filter(
            pk=taken.pk, lease_token=taken.lease_token, state="done"
        ).exists()
    ):
        raise LeaseLost


def finish_with(changes: Callable[[], None]) -> None:
    """Publish and finish in one transaction: what a fenced-out worker did is rolled back."""
    with transaction.atomic():
        changes()
        if taken := current():
            finish(taken)


def extend(time: timedelta) -> None:
    """Ask for a longer lease before a long transaction in which no heartbeat gets through."""
    if taken := current():
        _extend(taken, time)


def current() -> Job | None:
    return getattr(_current, "job", None)


def run_due(moment: datetime | None = None, *, most: int = 10_000) -> int:
    """Run everything that is due here and now: for tests, the demo and commands."""
    done = 0
    while done < most and (taken := claim(moment or timezone.now())):
        run(taken)
        done += 1
    return done


class _GivenUp(Exception):
    pass


class _Heartbeat(threading.Thread):
    def __init__(self, taken: Job) -> None:
        super().__init__(daemon=True, name=f"heartbeat-{taken.pk}")
        self.taken = taken
        self.stopped = threading.Event()

    def run(self) -> None:
        try:
            while not self.stopped.wait(HEARTBEAT.total_seconds()):
                _extend(self.taken, LEASE)
        finally:
            connection.close()

    def stop(self) -> None:
        self.stopped.set()
        if self.is_alive():
            self.join()


def _extend(taken: Job, time: timedelta) -> None:
    Job.objects.filter(pk=taken.pk, lease_token=taken.lease_token, state="running").update(
        leased_until=timezone.now() + time
    )


def _work(work: Work, taken: Job) -> None:
    if taken.workspace is None:
        with scopes_disabled():
            work(**taken.arguments)
        return
    with scope(workspace=taken.workspace):
        work(taken.workspace, **taken.arguments)


def _fail(taken: Job, error: Exception) -> None:
    """Wait and try again, longer each time; after the last attempt the job stays as failed."""
    over = isinstance(error, _GivenUp) or taken.attempts >= taken.most_attempts
    pause = min(LONGEST_WAIT, timedelta(seconds=5 * 3 ** (taken.attempts - 1)))
    mine = Job.objects.filter(pk=taken.pk, lease_token=taken.lease_token, state="running")
    text = f"{type(error).__name__}: {error}"[:2000]
    if over:
        mine.update(state="failed", finished_at=timezone.now(), leased_until=None, problem=text)
        return
    again = {"run_after": timezone.now() + pause, "leased_until": None, "problem": text}
    try:
        with transaction.atomic():
            mine.update(state="waiting", **again)
    except IntegrityError:
        # A younger job with the same key waits already and will do the same work.
        mine.update(state="done", finished_at=timezone.now(), leased_until=None, problem=text)
