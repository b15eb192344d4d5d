from typing import Any

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "tercet.members"

    def ready(self) -> None:
        from tercet.kit import kinds
        from tercet.kit.shell import place
        from tercet.members import events  # noqa: F401
        from tercet.members.kinds import MEMBER, TEAM

        kinds.register(MEMBER)
        kinds.register(TEAM)
        place("People", "Members", icon="users-round", to="members:members_page", order=800)
        place("People", "Teams", icon="users", to="members:teams_page", order=810)
        place(
            "Administration",
            "Settings",
            icon="settings",
            to="members:change_workspace",
            order=900,
            when=_is_admin,
        )


def _is_admin(request: Any) -> bool:
    from tercet.people.policy import may

    member = getattr(request, "member", None)
    return member is not None and may(member, "workspace.settings")
