from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from tercet.record import worker


class Command(BaseCommand):
    help = "Run jobs, hand events to their readers, keep the schedule."

    def handle(self, *args: Any, **options: Any) -> None:
        worker.main(import_string("tercet.config.schedule.SCHEDULE"))
