from django.apps import AppConfig


class ConnectorsConfig(AppConfig):
    name = "tercet.connectors"

    def ready(self) -> None:
        from tercet.kit.shell import place

        place("Data", "Imports", icon="import", to="connectors:imports_page", order=700)

        from tercet.connectors import events, jobs  # noqa: F401 - register themselves
        from tercet.customers import imports as customers  # noqa: F401 - registers its kinds
        from tercet.revenue import imports as revenue  # noqa: F401 - registers its kinds
