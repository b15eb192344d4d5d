from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "tercet.revenue"

    def ready(self) -> None:
        from tercet.kit.shell import place
        from tercet.revenue import events, figures  # noqa: F401 (they register themselves)

        place("Revenue", "Funnel", icon="funnel", to="revenue:funnel_page", order=400, key="f")
