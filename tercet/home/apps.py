from django.apps import AppConfig


class HomeConfig(AppConfig):
    name = "tercet.home"

    def ready(self) -> None:
        from tercet.home import events, surroundings  # noqa: F401
        from tercet.home.slots import business, talk
        from tercet.kit.shell import place, provide
        from tercet.kit.slots import fill

        place("Mine", "My week", icon="house", to="home:my_week_page", order=10, key="w")
        place("Mine", "Activity", icon="activity", to="home:activity_page", order=20)
        place(
            "Administration",
            "Outbox",
            icon="mail",
            to="home:outbox_page",
            order=910,
            when=surroundings.is_admin,
        )
        place(
            "Administration",
            "System",
            icon="server",
            to="home:system_page",
            order=920,
            when=surroundings.is_admin,
        )
        provide("workspaces", surroundings.workspaces)
        provide("user_detail", surroundings.user_detail)
        provide("user_links", surroundings.user_links)
        provide("demo", surroundings.demo)
        fill("company.page", business)
        fill("thing.talk", talk)
