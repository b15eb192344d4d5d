from typing import Any

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "tercet.notices"

    def ready(self) -> None:
        from tercet.kit.shell import provide
        from tercet.notices import commands  # noqa: F401

        provide("bell", _bell)


def _bell(request: Any) -> Any:
    from django.urls import reverse

    from tercet.kit.shell import Bell
    from tercet.notices.queries import unread_count

    member = getattr(request, "member", None)
    if member is None:
        return None
    url = reverse("notices:notices_page", args=[member.workspace.slug])
    return Bell(url, unread_count(member))
