"""What stands around every page: the workspaces, the person, the demo's badge."""

from typing import Any

from django.urls import reverse

from tercet.kit.shell import DemoBadge, Link
from tercet.people.clock import today_in
from tercet.people.policy import may
from tercet.people.queries import may_open_workspace, workspaces_of

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def is_admin(request: Any) -> bool:
    member = getattr(request, "member", None)
    return member is not None and may(member, "system.read")


def workspaces(request: Any) -> list[Link]:
    member = getattr(request, "member", None)
    if member is None:
        return []
    found = workspaces_of(request.user, today_in(member.workspace))
    links = [
        Link(
            icon="flask-conical" if each.is_demo else "building-2",
            label=each.name,
            url=reverse("home:my_week_page", args=[each.slug]),
            current=each.pk == member.workspace_id,
        )
        for each in found
    ]
    if member.role == "admin":
        links.append(
            Link(icon="plus", label="Open another workspace", url=reverse("open_workspace"))
        )
    return links if len(links) > 1 else []


def user_detail(request: Any) -> str:
    member = getattr(request, "member", None)
    return member.role_label if member else ""


def user_links(request: Any) -> list[Link]:
    member = getattr(request, "member", None)
    links = [Link(icon="circle-user", label="Your account", url=reverse("own_account_page"))]
    if member is not None:
        slug = member.workspace.slug
        links.append(
            Link(
                icon="eye",
                label="What is measured here",
                url=reverse("home:measured_page", args=[slug]),
            )
        )
    return links


def demo(request: Any) -> DemoBadge | None:
    member = getattr(request, "member", None)
    workspace = getattr(member, "workspace", None)
    if member is None or workspace is None or not workspace.is_demo:
        return None
    today = today_in(workspace)
    day = f"{DAYS[today.weekday()]} {today.day} {today:%B %Y}"
    may_start = member.role == "admin" or may_open_workspace(request.user)
    url = reverse("open_workspace") if may_start else ""
    return DemoBadge(f"Demo company · today is {day}", url)
