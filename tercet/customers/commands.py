"""What people change here: companies made by hand, and who an owner of the CRM is."""

import re
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from tercet.customers.models import STATES, Company, Owner, Segment
from tercet.kit.refusal import Refused
from tercet.people.models import Member, Workspace
from tercet.people.policy import may
from tercet.record.events import record
from tercet.record.models import Event, ExternalId
from tercet.record.search import index, unindex

MEANWHILE = "Somebody changed this meanwhile. It stays as it is."
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


@transaction.atomic
def add_company(
    workspace: Workspace,
    *,
    name: str,
    by: Member,
    domain: str = "",
    state: str = "prospect",
    segment: Segment | None = None,
) -> Company:
    """Add a company that no source knows yet."""
    wanted = _checked(workspace, by, name=name, domain=domain, state=state, segment=segment)
    company = Company.objects.create(workspace=workspace, **wanted)
    record("company.added", about=company, by=by)
    index(company)
    return company


@transaction.atomic
def change_company(
    company: Company,
    *,
    name: str,
    domain: str,
    state: str,
    segment: Segment | None,
    version: int,
    by: Member,
) -> Event | None:
    """Change a company that was made here. What a source mirrors is changed in the source."""
    company = _locked_company(company)
    if company.version != version:
        raise Refused("Somebody changed this company meanwhile. Reload the page and try again.")
    wanted = _checked(
        company.workspace, by, but=company, name=name, domain=domain, state=state, segment=segment
    )
    if source := mirrored_from(company):
        raise Refused(f"“{company}” comes from {source}. Change it there; the next import has it.")
    return _write(company, wanted, by)


@transaction.atomic
def archive_company(company: Company, *, by: Member, now: datetime) -> Event | None:
    """Take a company that was made here out of the lists."""
    company = _locked_company(company)
    if not may(by, "company.edit", company):
        raise Refused("Only an editor archives companies.")
    if source := mirrored_from(company):
        raise Refused(f"“{company}” comes from {source}. Archive it there.")
    if company.archived_at is not None:
        return None
    _set(company, archived_at=now)
    unindex("company", [company.pk])
    return record("company.archived", about=company, by=by, version=company.version)


@transaction.atomic
def match_owner(owner: Owner, member: Member | None, *, by: Member) -> Event | None:
    """Say who an owner of the CRM is here. None takes that back."""
    owner = (
        Owner.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=owner.pk)
    )
    if not may(by, "owner.match", owner):
        raise Refused("Only an administrator says who an owner is.")
    if member is not None and not may(by, "member.manage", member):
        raise Refused("Choose a member of this workspace.")
    before = owner.member
    if before == member:
        return None
    _set(owner, member=member)
    return record(
        "owner.matched",
        about=owner,
        by=by,
        member=[before and before.pk, member and member.pk],
        names=[str(before or ""), str(member or "")],
        version=owner.version,
    )


@transaction.atomic
def undo_change(event: Event, *, by: Member) -> None:
    """Take a change back, as long as nobody has changed the same row since."""
    if event.kind == "owner.matched":
        owner = _unchanged(Owner, event)
        before = event.data["member"][0]
        match_owner(owner, Member.objects.filter(pk=before).first() if before else None, by=by)
    elif event.kind == "company.changed":
        company = _unchanged(Company, event)
        before = {name: it[0] for name, it in event.data.items() if isinstance(it, list)}
        segment = before.get("segment_id", company.segment_id)
        change_company(
            company,
            name=before.get("name", company.name),
            domain=before.get("domain", company.domain),
            state=before.get("state", company.state),
            segment=Segment.objects.filter(pk=segment).first() if segment else None,
            version=company.version,
            by=by,
        )
    elif event.kind == "company.archived":
        company = _unchanged(Company, event)
        if not may(by, "company.edit", company):
            raise Refused("Only an editor brings companies back.")
        _set(company, archived_at=None)
        index(company)
        record("company.restored", about=company, by=by, version=company.version)
    else:
        raise Refused("This cannot be undone.")


def mirrored_from(company: Company) -> str:
    """The source that this company comes from; empty for one that was made here."""
    row = ExternalId.objects.filter(
        workspace=company.workspace, kind="company", thing_id=company.pk
    ).first()
    if row is not None:
        return row.source
    return "an import" if company.import_id is not None else ""


def _checked(
    workspace: Workspace,
    by: Member,
    *,
    name: str,
    domain: str,
    state: str,
    segment: Segment | None,
    but: Company | None = None,
) -> dict[str, Any]:
    name, domain = " ".join(name.split()), domain.strip().lower().removeprefix("www.")
    if by.workspace_id != workspace.pk or not may(by, "company.edit"):
        raise Refused("Only an editor changes companies.")
    if segment is not None and segment.workspace_id != workspace.pk:
        raise Refused("Choose a segment of this workspace.")
    if not name:
        raise Refused("Give the company a name.")
    if len(name) > 300:
        raise Refused("Use at most 300 characters for the name.")
    if state not in STATES:
        raise Refused("A company is a prospect, a customer or a former one.")
    if domain and not _DOMAIN.fullmatch(domain):
        raise Refused(f"“{domain}” is not a domain such as harbour.example.")
    same = Company.objects.filter(workspace=workspace, domain=domain, archived_at=None)
    other = same.exclude(pk=but.pk if but else None).first() if domain else None
    if other is not None:
        raise Refused(f"{other} has the domain {domain} already.")
    return {"name": name, "domain": domain, "state": state, "segment": segment}


def _locked_company(company: Company) -> Company:
    found: Company = (
        Company.objects.select_for_update(of=("self",))
        .select_related("workspace", "segment")
        .get(pk=company.pk)
    )
    return found


def _write(company: Company, wanted: dict[str, Any], by: Member) -> Event | None:
    changes: dict[str, Any] = {}
    for name, value in wanted.items():
        column = f"{name}_id" if name == "segment" else name
        before, after = getattr(company, column), value.pk if name == "segment" and value else value
        if before != after:
            changes[column] = [before, after]
    if not changes:
        return None
    _set(company, **wanted)
    index(company)
    return record("company.changed", about=company, by=by, version=company.version, **changes)


def _set(row: Any, **fields: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(**fields, version=F("version") + 1)
    row.refresh_from_db(fields=[*fields, "version"])


def _unchanged(model: Any, event: Event) -> Any:
    row = model.objects.select_related("workspace").filter(pk=event.about_id).first()
    if row is None or row.version != event.data.get("version"):
        raise Refused(MEANWHILE)
    return row
