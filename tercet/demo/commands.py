"""Open the demo company: its people by hand, its customers and deals through the importer."""

import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import transaction
from django_scopes import scope

from tercet.connectors.commands import plan_import, start_import, upload_file
from tercet.connectors.mapping.plan import Plan
from tercet.demo.files import write_files
from tercet.demo.people import LEFT, PERSONAS, mail, people, teams
from tercet.demo.pipeline import SALES, TEST_NAME
from tercet.demo.quay import simulate
from tercet.people.commands import create_workspace
from tercet.people.models import Member, Person, Team, TeamMembership, Workspace
from tercet.record import jobs
from tercet.record.events import record
from tercet.record.search import index
from tercet.record.worker import deliver_events
from tercet.revenue.models import Settings

TODAY = date(2026, 11, 16)
SOURCE = "quay-crm"
LEFT_ON = date(2026, 7, 31)
FIRST_DAY = date(2025, 2, 3)
LIVE_FROM = datetime(2026, 11, 9, tzinfo=UTC)


def open_demo(*, now: datetime) -> Workspace:
    """Quay on Monday 16 November 2026: sixty people, a year of leads and deals."""
    admin = _open_with_people(now)
    workspace = admin.workspace
    # What came in before is history; what comes later, one team owes another.
    Workspace.objects.filter(pk=workspace.pk).update(live_from=LIVE_FROM)
    workspace.refresh_from_db()
    with scope(workspace=workspace), tempfile.TemporaryDirectory() as folder:
        for kind, path in write_files(simulate(today=TODAY), Path(folder)).items():
            _bring_in(kind, path, by=admin)
        _settle(workspace)
    return workspace


def _bring_in(kind: str, path: Path, *, by: Member) -> None:
    """As somebody would by the screen; the guess is right, for columns bear the fields' names."""
    with path.open("rb") as file:
        row = upload_file(
            by.workspace,
            iter(lambda: file.read(1 << 20), b""),
            name=path.name,
            source=SOURCE,
            by=by,
            kind=kind,
        )
    jobs.run_due()
    row.refresh_from_db()
    guessed = Plan.from_dict(row.plan)
    plan = replace(guessed, zone="UTC", full_export=False, asks=())
    start_import(plan_import(row, plan, by=by), by=by)
    jobs.run_due()
    row.refresh_from_db()
    if row.state != "published" or row.counts.get("refused_count"):
        raise RuntimeError(f"{path.name} of the demo company: {row.state}, {row.problem}")


@transaction.atomic
def _open_with_people(now: datetime) -> Member:
    administrator = next(each for each in people() if each.name == PERSONAS["administrator"])
    owner = _person(administrator.name)
    admin = create_workspace(
        "Quay",
        owner=owner,
        today=TODAY,
        slug="quay",
        time_zone="Europe/Berlin",
        is_demo=True,
        fixed_today=TODAY,
    )
    workspace = admin.workspace
    with scope(workspace=workspace):
        record("workspace.opened", workspace=workspace, about=workspace, by=admin)
        by_name = {
            each.name: Team.objects.create(
                workspace=workspace, name=each.name, function=each.function
            )
            for each in teams()
        }
        for each in people():
            member = admin if each.name == administrator.name else None
            if member is None:
                member = Member.objects.create(
                    workspace=workspace,
                    person=_person(each.name),
                    role=each.role,
                    joined_on=FIRST_DAY,
                )
            Member.objects.filter(pk=member.pk).update(title=each.title, joined_on=FIRST_DAY)
            _join(member, by_name[each.team])
        for team, name in LEFT.items():
            gone = Member.objects.create(
                workspace=workspace,
                person=_person(name),
                role="contributor",
                title="Account executive",
                joined_on=FIRST_DAY,
                left_on=LEFT_ON,
            )
            _join(gone, by_name[team], until=LEFT_ON)
        Settings.objects.update_or_create(
            workspace=workspace,
            defaults={
                "fiscal_year_start_month": 2,
                "currency": "EUR",
                "pipelines_that_count": [SALES],
                "deal_types_that_count": ["new"],
                "amount_meaning": "annual",
                "leave_out_names": [TEST_NAME],
                "revenue_goal_minor": 200_000_000,
                "marketing_share_percent": 60,
            },
        )
        index(*Member.objects.all())
    return admin


def _person(name: str) -> Person:
    return Person.objects.create_user(mail(name), name=name)


def _join(member: Member, team: Team, until: date | None = None) -> None:
    TeamMembership.objects.create(
        workspace=member.workspace, member=member, team=team, from_on=FIRST_DAY, to_on=until
    )


def _settle(workspace: Workspace) -> None:
    """Do now what the worker would do in its first minute, so that the first page has data."""
    while deliver_events():
        pass
    jobs.run_due()
