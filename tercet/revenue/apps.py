from typing import Any

from django.apps import AppConfig


class RevenueConfig(AppConfig):
    name = "tercet.revenue"

    def ready(self) -> None:
        from tercet.revenue import events, figures  # noqa: F401 (they register themselves)

        _register_kinds()
        _register_handoffs()
        _place_pages()


def _register_kinds() -> None:
    from django.urls import reverse

    from tercet.kit.kinds import Kind, register
    from tercet.revenue.models import Campaign, Deal, Lead, Product

    def add(model: Any, name: str, plural: str, icon: str, words: Any) -> None:
        register(
            Kind(
                name=name,
                label=name.capitalize(),
                plural=plural,
                icon=icon,
                model=model,
                visible=lambda member: model.objects.filter(
                    workspace=member.workspace, archived_at=None
                ),
                title=str,
                url=lambda slug, thing: reverse(f"revenue:{name}_page", args=[slug, thing.pk]),
                search_text=words,
                make=lambda workspace: model.objects.create(workspace=workspace, name="Example"),
            )
        )

    add(Lead, "lead", "Leads", "user-plus", lambda lead: f"{lead.email} {lead.origin}".strip())
    add(Deal, "deal", "Deals", "handshake", lambda deal: deal.competitor)
    add(Campaign, "campaign", "Campaigns", "megaphone", lambda campaign: campaign.channel)
    add(Product, "product", "Products", "package", lambda product: product.series)


def _register_handoffs() -> None:
    from tercet.record.handoffs import HandoffKind, register

    register(HandoffKind("lead", "Lead to call", "the first call of a lead"))
    register(HandoffKind("deal", "Deal to take over", "the next step of a deal"))


def _place_pages() -> None:
    from tercet.kit.shell import place
    from tercet.people.policy import may

    def reassigns(request: Any) -> bool:
        return bool(may(request.member, "lead.reassign"))

    for order, (label, icon, to, more) in enumerate(
        (
            ("Funnel", "funnel", "funnel_page", {"key": "f"}),
            ("Why it moved", "waypoints", "why_page", {"key": "y"}),
            ("Service level", "timer", "service_level_page", {}),
            ("Leads", "user-plus", "leads_page", {"key": "l"}),
            ("Deals", "handshake", "deals_page", {"key": "d"}),
            ("To mend", "wrench", "health_page", {}),
            ("Reassign", "user-check", "reassign_page", {"when": reassigns}),
            ("How it is counted", "sliders-horizontal", "settings_page", {}),
        ),
        start=400,
    ):
        place("Revenue", label, icon=icon, to=f"revenue:{to}", order=order, **more)
