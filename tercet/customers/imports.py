"""What imports know of owners, companies and contacts, and the commands that bring them in."""

from __future__ import annotations

from typing import Any

from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.people.models import Member, Person, Team
from tercet.record.bulk import sql
from tercet.record.bulk.publish import bring_in
from tercet.record.bulk.shapes import Column, Link, Shape, fields, register
from tercet.record.bulk.stage import Batch, Draft
from tercet.record.models import Import

OWNER_LINK = Link(
    "owner",
    "owner",
    identifier="owner",
    by=((("email", "owner_email"),), (("name", "owner"),)),
    creates={
        "name": "coalesce(nullif(max(l.owner), ''), max(l.owner_email))",
        "email": "max(l.owner_email)",
    },
)
TEAM_LINK = Link("team", "team", by=((("name", "team"),),), creates={"name": "max(l.team)"})
SEGMENT_LINK = Link(
    "segment", "segment", by=((("name", "segment"),),), creates={"name": "max(l.segment)"}
)
COMPANY_LINK = Link(
    "company",
    "company",
    identifier="company",
    by=((("name", "company"),), (("domain", "company_domain"),)),
)


OWNERS_TOLD = 300


def import_owners(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_companies(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def import_contacts(row: Import, batch: Batch, *, by: Member | None) -> dict[str, Any]:
    return bring_in(row, [batch], by=by)


def match_owners_to_members(draft: Draft) -> None:
    """A member by mail address, else by a name that one member alone has; found once, then kept."""
    for staged, wanted in (("email", "p.email"), ("name", "p.name")):
        sql.run(
            "UPDATE bulk_owners SET _member_id = m.id FROM ("
            f" SELECT s._row AS _row, min(b.id) AS id FROM bulk_owners AS s"
            f" JOIN {Person._meta.db_table} AS p ON lower({wanted}) = lower(s.{staged})"
            f" JOIN {Member._meta.db_table} AS b ON b.person_id = p.id AND b.workspace_id = %s"
            f" WHERE s._member_id IS NULL AND s.{staged} <> ''"
            " GROUP BY s._row HAVING count(*) = 1) AS m WHERE m._row = bulk_owners._row",
            [draft.workspace.pk],
        )


def _note_known_member(draft: Draft) -> None:
    """An owner keeps the member that it has: people may have said so themselves."""
    sql.run(
        "UPDATE bulk_owners SET _member_id = o.member_id, _had_name = o.name"
        f" FROM {Owner._meta.db_table} AS o WHERE o.id = bulk_owners._id"
    )
    match_owners_to_members(draft)


def _tell_owners(draft: Draft) -> None:
    """Who of the owners in this file is here, not here yet, or has left: for the import's page."""
    match_owners_to_members(draft)
    found = sql.rows(
        "SELECT coalesce(nullif(s.name, ''), nullif(s.email, ''), nullif(s._had_name, ''), s._key),"
        " p.name, coalesce(m.left_on, s.left_on, o.left_on) FROM bulk_owners AS s"
        f" LEFT JOIN {Member._meta.db_table} AS m ON m.id = s._member_id"
        f" LEFT JOIN {Person._meta.db_table} AS p ON p.id = m.person_id"
        f" LEFT JOIN {Owner._meta.db_table} AS o ON o.id = s._id"
        " WHERE s._action <> 'repeated' ORDER BY 1 LIMIT %s",
        [OWNERS_TOLD],
    )
    draft.notes["owners"] = [
        {"name": name, "member": member or "", "left_on": str(left_on) if left_on else ""}
        for name, member, left_on in found
    ]


register(
    Shape(
        kind="team",
        plural="teams",
        model=Team,
        order=10,
        fields=fields("name"),
        columns=(Column("name"), Column("function", "'sales'", ("name",))),
        names=("name",),
        has_identity=False,
    )
)
register(
    Shape(
        kind="segment",
        plural="segments",
        model=Segment,
        order=11,
        fields=fields("name"),
        columns=(Column("name"),),
        names=("name",),
        has_identity=False,
    )
)
register(
    Shape(
        kind="owner",
        plural="owners",
        model=Owner,
        order=20,
        fields=fields("external_id name email team manager left_on:date"),
        columns=(
            Column(
                "name",
                "coalesce(nullif(s.name, ''), nullif(s.email, ''), nullif(s._had_name,"
                " ''), s._key)",
                ("name", "email", "external_id"),
            ),
            Column("email"),
            Column("manager_name", "s.manager", ("manager",)),
            Column("left_on"),
            Column("member_id", "s._member_id", ("name", "email", "external_id")),
        ),
        links=(TEAM_LINK,),
        natural=(("email", "email"), ("name", "name")),
        names=("name",),
        work={"_member_id": "bigint", "_had_name": "text"},
        after_links=_note_known_member,
        before_publishing=_tell_owners,
    )
)
register(
    Shape(
        kind="company",
        plural="companies",
        model=Company,
        order=30,
        fields=fields(
            "external_id name domain segment state annual_value:bigint annual_value_currency"
            " owner_email owner parent country employees:bigint sector merged_from merged_into"
            " deleted:boolean"
        ),
        columns=(
            Column("name"),
            Column("domain"),
            Column("state", "coalesce(nullif(s.state, ''), 'prospect')", ("state",)),
            Column("annual_value_minor", "s.annual_value", ("annual_value",)),
            Column("currency", "s.annual_value_currency", ("annual_value",)),
            Column("country"),
            Column("employees"),
            Column("sector"),
        ),
        links=(
            OWNER_LINK,
            SEGMENT_LINK,
            Link("parent", "company", identifier="parent", by=((("name", "parent"),),)),
        ),
        natural=(("domain", "domain"),),
        names=("name",),
        title="t.name",
        text="t.domain",
    )
)
register(
    Shape(
        kind="contact",
        plural="contacts",
        model=Contact,
        order=40,
        fields=fields(
            "external_id name email company company_domain title phone merged_from merged_into"
            " deleted:boolean"
        ),
        columns=(Column("name"), Column("email"), Column("title"), Column("phone")),
        links=(COMPANY_LINK,),
        natural=(("email", "email"),),
        names=("email",),
        title="coalesce(nullif(t.name, ''), t.email)",
        text="t.email",
    )
)
