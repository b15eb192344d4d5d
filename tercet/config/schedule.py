"""What the worker does by itself, and how often."""

from datetime import timedelta

from tercet.record.schedule import Every

SCHEDULE = [
    Every("record.send_mail", timedelta(minutes=1)),
    Every("record.tidy", timedelta(hours=24), offset=timedelta(hours=2)),
]
