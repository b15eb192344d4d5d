from datetime import date

from tercet.people.policy import may, may_assign


def test_roles_may_more_the_higher_they_are(world):
    assert may(world.vic, "workspace.read")
    assert not may(world.vic, "lead.reassign")
    assert may(world.edi, "lead.reassign")
    assert not may(world.edi, "member.manage")


def test_a_thing_of_another_workspace_is_nobodys(world):
    assert may(world.oto, "team.edit")
    assert not may(world.oto, "team.edit", world.sales)


def test_only_administrators_give_roles(world):
    assert may_assign(world.ada, "admin")
    assert not may_assign(world.edi, "viewer")


def test_somebody_who_left_is_no_member_any_more(world):
    assert world.lea.has_left(date(2026, 7, 31))
    assert not world.lea.has_left(date(2026, 7, 30))
