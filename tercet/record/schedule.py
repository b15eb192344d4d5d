"""Work that comes back by itself, without a leader: the first worker to write a slot runs it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction

from tercet.record.jobs import enqueue
from tercet.record.models import ScheduledRun


@dataclass(frozen=True)
class Every:
    """A job and how often it runs; slots are counted from the epoch, plus `offset`."""

    job: str
    period: timedelta
    offset: timedelta = timedelta()


def enqueue_due(entries: Iterable[Every], moment: datetime) -> list[str]:
    """Enqueue each entry whose current slot nobody has taken yet."""
    return [entry.job for entry in entries if _take_slot(entry, moment)]


def slot_of(entry: Every, moment: datetime) -> datetime:
    start = datetime(1970, 1, 1, tzinfo=UTC) + entry.offset
    return start + ((moment - start) // entry.period) * entry.period


@transaction.atomic
def _take_slot(entry: Every, moment: datetime) -> bool:
    _, is_new = ScheduledRun.objects.get_or_create(name=entry.job, slot=slot_of(entry, moment))
    if is_new:
        enqueue(entry.job, key=f"scheduled:{entry.job}")
    return is_new
