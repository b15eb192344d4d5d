"""What nobody needs any more goes: finished jobs, delivered events' deliveries, old slots."""

from datetime import timedelta

from django.utils import timezone

from tercet.record.jobs import job
from tercet.record.models import Delivery, Job, ScheduledRun

KEPT = timedelta(days=30)


@job("record.tidy")
def tidy() -> None:
    before = timezone.now() - KEPT
    Job.objects.filter(state="done", finished_at__lt=before).delete()
    Delivery.objects.filter(done_at__lt=before).delete()
    ScheduledRun.objects.filter(slot__lt=before).delete()
