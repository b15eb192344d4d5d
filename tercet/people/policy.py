"""Who may do what: every action of the product and the least role that may do it."""

from tercet.people.models import Member

RANK = {"viewer": 0, "contributor": 1, "editor": 2, "admin": 3}

ACTIONS: dict[str, str] = {
    # reading
    "workspace.read": "viewer",
    # what everybody who works here may do
    "comment.write": "contributor",
    "handoff.answer": "contributor",
    "lead.take": "contributor",
    # what changes shared figures and records
    "company.edit": "editor",
    "deal.edit": "editor",
    "lead.reassign": "editor",
    "team.edit": "admin",
    "owner.match": "admin",
    "import.run": "editor",
    "import.undo": "editor",
    "revenue.settings": "editor",
    # the workspace itself
    "member.manage": "admin",
    "workspace.settings": "admin",
    "outbox.read": "admin",
    "system.read": "admin",
    "export.all": "admin",
}


def may(member: Member, action: str, thing: object = None) -> bool:
    """Whether this member may do this; a thing of another workspace is never theirs to touch."""
    if (
        thing is not None
        and getattr(thing, "workspace_id", member.workspace_id) != member.workspace_id
    ):
        return False
    return RANK[member.role] >= RANK[ACTIONS[action]]


def may_assign(member: Member, role: str, *, instead_of: str | None = None) -> bool:
    """Only an administrator gives roles, and none above the own."""
    highest = max(RANK[role], RANK[instead_of] if instead_of else 0)
    return may(member, "member.manage") and RANK[member.role] >= highest


def sees_amounts(member: Member) -> bool:
    """One switch of the workspace hides all amounts, sums included, from viewers."""
    return not (member.workspace.hides_amounts and member.role == "viewer")
