"""What the pages that mix rooms read."""

import json
import platform
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Q, QuerySet
from django.urls import NoReverseMatch, reverse

import tercet
from tercet.kit.kinds import Kind
from tercet.notices.models import Notice
from tercet.notices.queries import Told
from tercet.people.models import Invitation, Member, Workspace
from tercet.people.queries import whereabouts_of, workspaces_of, workspaces_run_by
from tercet.record import handoffs
from tercet.record.events import sentence
from tercet.record.models import Event, ExternalId, Handoff, Import, Job, Mail, Worker
from tercet.record.search import Hit
from tercet.record.things import Found, find_things

MOST_OWED = 50
MOST_NOTICES = 5
PAGE = 50


@dataclass(frozen=True)
class Owed:
    """A handoff as its parties see it on a day."""

    handoff: Handoff
    label: str
    is_overdue: bool
    found: Found | None

    @property
    def is_answered(self) -> bool:
        return self.handoff.answered_at is not None

    @property
    def other_side(self) -> str:
        return _party(self.handoff.from_member, self.handoff.from_team)

    @property
    def owing_side(self) -> str:
        return _party(self.handoff.to_member, self.handoff.to_team)


@dataclass(frozen=True)
class Week:
    owed_by_me: list[Owed]
    owed_to_me: list[Owed]
    notices: list[Told]
    has_more: bool

    @property
    def overdue(self) -> int:
        return sum(each.is_overdue for each in self.owed_by_me)

    @property
    def is_empty(self) -> bool:
        return not (self.owed_by_me or self.owed_to_me or self.notices)


@dataclass(frozen=True)
class Step:
    """Something to do first, and whether it is done."""

    label: str
    text: str
    url: str
    icon: str
    is_done: bool


def my_week(member: Member, *, today: date, now: datetime) -> Week:
    """What this member and their teams owe and are owed, by due day, and the newest notices."""
    teams = list(member.teams_on(today).values_list("pk", flat=True))
    open_ones = (
        Handoff.objects.filter(workspace=member.workspace, ended_at=None)
        .select_related("from_member__person", "to_member__person", "from_team", "to_team")
        .order_by(F("due_at").asc(nulls_last=True), "id")
    )
    by_me = Q(to_member=member) | Q(to_member=None, to_team__in=teams)
    to_me = Q(from_member=member) | Q(from_member=None, from_team__in=teams)
    owed_by_me = list(open_ones.filter(by_me)[: MOST_OWED + 1])
    owed_to_me = list(open_ones.filter(to_me).exclude(by_me)[: MOST_OWED + 1])
    notices = list(
        Notice.objects.filter(member=member).select_related("event__by__person")[:MOST_NOTICES]
    )
    things = find_things(
        [(each.about_kind, each.about_id) for each in (*owed_by_me, *owed_to_me, *notices)],
        member=member,
    )
    return Week(
        owed_by_me=[_owed(each, now, things) for each in owed_by_me[:MOST_OWED]],
        owed_to_me=[_owed(each, now, things) for each in owed_to_me[:MOST_OWED]],
        notices=[Told(each, things.get((each.about_kind, each.about_id or 0))) for each in notices],
        has_more=max(len(owed_by_me), len(owed_to_me)) > MOST_OWED,
    )


def first_steps(workspace: Workspace) -> list[Step]:
    """What to do where nothing is owed: three ways into the demo, or into an empty workspace."""
    return _steps_in_demo(workspace.slug) if workspace.is_demo else _steps_at_first(workspace)


def _steps_in_demo(slug: str) -> list[Step]:
    return [
        Step(
            "See why won revenue fell",
            "Two quarters side by side, split to the cent into what changed.",
            page_of("revenue:why_page", slug),
            "waypoints",
            is_done=False,
        ),
        Step(
            "Pass on what waits for people who left",
            "Two people left in July; their leads and deals still lie there.",
            page_of("revenue:reassign_page", slug),
            "user-check",
            is_done=False,
        ),
        Step(
            "Start with your data",
            "A workspace of your own, empty. The demo stays beside it.",
            reverse("open_workspace"),
            "file-up",
            is_done=False,
        ),
    ]


def _steps_at_first(workspace: Workspace) -> list[Step]:
    slug = workspace.slug
    has_import = Import.objects.filter(workspace=workspace).exclude(published_at=None).exists()
    has_colleague = (
        Member.objects.filter(workspace=workspace).count() > 1
        or Invitation.objects.filter(workspace=workspace).exists()
    )
    return [
        Step(
            "Bring in your data",
            "An export of your CRM, as CSV or XLSX. You see what would change before it does.",
            page_of("connectors:imports_page", slug),
            "file-up",
            has_import,
        ),
        Step(
            "Invite a colleague",
            "Marketing and sales look at the same figures from here.",
            reverse("members:invite_member", args=[slug]),
            "user-plus",
            has_colleague,
        ),
        Step(
            "Look at the funnel",
            "How far leads get, where they are lost, and why it moved.",
            page_of("revenue:funnel_page", slug),
            "funnel",
            False,
        ),
    ]


def page_of(name: str, *args: Any) -> str:
    """The address of a page of another room; empty where that room has none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def grouped(hits: Iterable[Hit]) -> list[tuple[Kind, list[Hit]]]:
    """Hits by kind, in the order of each kind's best hit."""
    groups: dict[str, tuple[Kind, list[Hit]]] = {}
    for hit in hits:
        groups.setdefault(hit.kind.name, (hit.kind, []))[1].append(hit)
    return list(groups.values())


def find_external(member: Member, source: str, kind: str, external_id: str) -> Found | None:
    row = ExternalId.objects.filter(
        workspace=member.workspace, source=source, kind=kind, external_id=external_id
    ).first()
    if row is None:
        return None
    return find_things([(kind, row.thing_id)], member=member).get((kind, row.thing_id))


@dataclass(frozen=True)
class Happened:
    event: Event
    text: str
    found: Found | None


def activity(
    member: Member, *, before: int | None, about: str
) -> tuple[list[Happened], int | None]:
    """What happened in the workspace, newest first, and where the next page begins."""
    rows = Event.objects.filter(workspace=member.workspace).select_related("by__person")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    if about:
        rows = rows.filter(about_kind=about)
    page = list(rows[: PAGE + 1])
    return happenings(page[:PAGE], member), page[PAGE - 1].pk if len(page) > PAGE else None


def happenings(events: Iterable[Event], member: Member) -> list[Happened]:
    events = list(events)
    things = find_things([(each.about_kind, each.about_id) for each in events], member=member)
    return [
        Happened(each, sentence(each), things.get((each.about_kind, each.about_id or 0)))
        for each in events
    ]


# --- the system --------------------------------------------------------------------------------


@dataclass(frozen=True)
class System:
    versions: list[tuple[str, str]]
    database: list[tuple[str, str]]
    job_counts: dict[str, int]
    failed: list[Job]
    workers: list[Worker]
    is_worked: bool
    last_backup: dict[str, Any] | None
    outbound: list[str]


def system(workspace: Workspace, *, now: datetime) -> System:
    jobs = jobs_of(workspace)
    counts = dict(jobs.order_by().values_list("state").annotate(n=Count("id")))
    workers = list(Worker.objects.order_by("-seen_at")[:10])
    return System(
        versions=[
            ("Tercet", tercet.__version__),
            ("Django", django.get_version()),
            ("Python", platform.python_version()),
        ],
        database=[*_database(), *_disk()],
        job_counts={state: counts.get(state, 0) for state in ("waiting", "running", "failed")},
        failed=list(jobs.filter(state="failed").order_by("-id")[:20]),
        workers=workers,
        is_worked=any(each.seen_at > now - timedelta(minutes=1) for each in workers),
        last_backup=_last_backup(),
        outbound=[f"Mail to {settings.ENV.mail.hostname}"] if settings.ENV.mail else [],
    )


def jobs_of(workspace: Workspace) -> QuerySet[Job]:
    """This workspace's jobs and those of the installation; never another workspace's."""
    return Job.objects.filter(Q(workspace=workspace) | Q(workspace=None))


def readable_mails(member: Member, *, today: date) -> list[Mail]:
    """Mails that wait here and whose text this administrator may read.

    Mails without a workspace are sign-in codes. One opens everything that its person may see, so
    it is shown only where that person is in no workspace that this administrator does not run.
    """
    waiting = Mail.objects.filter(sent_at=None).order_by("-id")
    own = list(waiting.filter(workspace=member.workspace)[:100])
    personal = list(waiting.filter(workspace=None)[:200])
    run_by = workspaces_run_by(member.person)
    whereabouts = whereabouts_of({mail.to for mail in personal})
    allowed = [
        mail
        for mail in personal
        if member.workspace_id in (places := whereabouts.get(mail.to, set())) and places <= run_by
    ]
    return sorted([*own, *allowed], key=lambda mail: -mail.pk)[:100]


def own_workspaces(person: Any, today: date) -> list[Workspace]:
    return workspaces_of(person, today)


def _owed(handoff: Handoff, now: datetime, things: dict[tuple[str, int], Found]) -> Owed:
    return Owed(
        handoff,
        handoffs.kind_of(handoff).label,
        handoff.is_overdue(now),
        things.get((handoff.about_kind, handoff.about_id or 0)),
    )


def _party(member: Any, team: Any) -> str:
    if member is not None:
        return str(member)
    return str(team) if team is not None else "the CRM"


def _database() -> list[tuple[str, str]]:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version'), pg_database_size(current_database())"
            )
            version, size = cursor.fetchone()
        return [("Database", f"PostgreSQL {version}"), ("Its size", _bytes(size))]
    path = Path(str(connection.settings_dict["NAME"]))
    size = path.stat().st_size if path.exists() else 0
    version = connection.Database.sqlite_version  # type: ignore[attr-defined]
    return [("Database", f"SQLite {version}"), ("Its size", _bytes(size))]


def _disk() -> list[tuple[str, str]]:
    used = shutil.disk_usage(settings.ENV.data)
    return [("Free on the disk", f"{_bytes(used.free)} of {_bytes(used.total)}")]


def _last_backup() -> dict[str, Any] | None:
    try:
        note = json.loads((settings.ENV.data / "last-backup.json").read_text())
        return {"at": datetime.fromisoformat(note["at"]), "size": _bytes(note["size"])}
    except (OSError, ValueError, KeyError):
        return None


def _bytes(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
