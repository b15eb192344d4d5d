from django.apps import AppConfig


class RecordConfig(AppConfig):
    name = "tercet.record"

    def ready(self) -> None:
        from tercet.record import changes, comments, mail, snapshots, tidy  # noqa: F401
