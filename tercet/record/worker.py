"""The worker: takes jobs, hands events to their readers, keeps the schedule."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta

from django.db import OperationalError, close_old_connections, transaction
from django.db.models import F, Q
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from tercet.record import jobs
from tercet.record.events import reader_named
from tercet.record.models import Delivery, Worker
from tercet.record.schedule import Every, enqueue_due

IDLE_SECONDS = 0.5
BATCH = 100
LONGEST_WAIT = timedelta(hours=1)

logger = logging.getLogger("tercet.worker")


def work_forever(stop: threading.Event, schedule: Sequence[Every]) -> None:
    """Until told to stop: one job at a time, then the events, then a short rest."""
    name = f"{socket.gethostname()}-{os.getpid()}"
    while not stop.is_set():
        try:
            busy = _turn(name, schedule)
        except OperationalError:
            logger.exception("The database did not answer; trying again.")
            close_old_connections()
            busy = False
        if not busy:
            stop.wait(IDLE_SECONDS)


def main(schedule: Sequence[Every]) -> None:
    stop = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stop.set())
    logger.info("The worker is up.")
    work_forever(stop, schedule)


def deliver_events(most: int = BATCH) -> int:
    """Hand open deliveries to their readers, oldest first; one that fails tries again."""
    with scopes_disabled():
        waiting = list(
            Delivery.objects.filter(
                Q(not_before=None) | Q(not_before__lte=timezone.now()), done_at=None
            )
            .select_related("event__workspace", "event__by__person")
            .order_by("id")[:most]
        )
    for delivery in waiting:
        _deliver(delivery)
    return len(waiting)


def _turn(name: str, schedule: Sequence[Every]) -> bool:
    moment = timezone.now()
    _show_alive(name)
    enqueue_due(schedule, moment)
    delivered = deliver_events()
    taken = jobs.claim(moment)
    if taken is not None:
        jobs.run(taken)
    return bool(delivered or taken)


_last_seen: dict[str, float] = {}


def _show_alive(name: str) -> None:
    moment = timezone.now()
    if moment.timestamp() - _last_seen.get(name, 0) < 10:
        return
    _last_seen[name] = moment.timestamp()
    Worker.objects.update_or_create(
        name=name,
        defaults={"seen_at": moment},
        create_defaults={"seen_at": moment, "started_at": moment},
    )
    Worker.objects.filter(seen_at__lt=moment - timedelta(days=1)).delete()


def _deliver(delivery: Delivery) -> None:
    read = reader_named(delivery.reader)
    try:
        with transaction.atomic(), scope(workspace=delivery.event.workspace):
            if read is not None:
                read(delivery.event)
            Delivery.objects.filter(pk=delivery.pk).update(done_at=timezone.now())
    except Exception:
        logger.exception("Reader %s failed on event %s.", delivery.reader, delivery.event_id)
        _try_later(delivery)


def _try_later(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        attempts=F("attempts") + 1,
        not_before=timezone.now() + min(LONGEST_WAIT, timedelta(seconds=5 * 3**delivery.attempts)),
    )
