from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "tercet.customers"

    def ready(self) -> None:
        from tercet.customers import events  # noqa: F401 (its sentences register themselves)
        from tercet.customers.kinds import COMPANY, CONTACT, OWNER, SEGMENT
        from tercet.kit import kinds
        from tercet.kit.shell import place

        for kind in (COMPANY, CONTACT, OWNER, SEGMENT):
            kinds.register(kind)
        group = "Customers & deals"
        place(
            group,
            "Companies",
            icon="building-2",
            to="customers:companies_page",
            order=300,
            key="c",
        )
        place(group, "Contacts", icon="circle-user", to="customers:contacts_page", order=310)
        place(group, "Segments", icon="tags", to="customers:segments_page", order=320)
        place(group, "Owners", icon="user-check", to="customers:owners_page", order=330)
