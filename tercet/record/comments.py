"""Words that members leave on a thing, and following it to hear what becomes of it."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction

from tercet.kit import kinds
from tercet.kit.refusal import Refused
from tercet.people.models import Member
from tercet.people.policy import RANK, may
from tercet.record.events import record, told
from tercet.record.models import Comment, Follow

LONGEST = 5_000
_ADDRESS = re.compile(r"https?://[^\s<>\"'\u201c\u201d]+[^\s<>\"'\u201c\u201d.,;:!?)\]]")

told("comment.written", "{by} commented on {title}")
told("comment.archived", "{by} took a comment on {title} away")
told("comment.restored", "{by} brought a comment on {title} back")


@dataclass(frozen=True)
class Piece:
    """A part of a comment: text as it was typed, or an address that may be followed."""

    text: str
    is_address: bool = False


def pieces(text: str) -> list[Piece]:
    """Cut a text into plain text and web addresses; the template escapes both."""
    found, end = [], 0
    for match in _ADDRESS.finditer(text):
        if match.start() > end:
            found.append(Piece(text[end : match.start()]))
        found.append(Piece(match[0], is_address=True))
        end = match.end()
    return [*found, Piece(text[end:])] if end < len(text) else found


@transaction.atomic
def add_comment(about: models.Model, text: str, *, by: Member, now: datetime) -> Comment:
    """Write a comment. Whoever writes follows from then on."""
    text = text.strip()
    if not may(by, "comment.write", about):
        raise Refused("Viewers read comments; ask an administrator for the role of a contributor.")
    if not text:
        raise Refused("Write something first.")
    if len(text) > LONGEST:
        raise Refused(f"Use at most {LONGEST:,} characters; this has {len(text):,}.")
    kind = kinds.of(about).name
    comment = Comment.objects.create(
        workspace=by.workspace, about_kind=kind, about_id=about.pk, text=text, by=by, at=now
    )
    follow(about, by=by, now=now)
    record("comment.written", about=about, by=by, comment=comment.pk)
    return comment


@transaction.atomic
def archive_comment(comment: Comment, *, about: models.Model, by: Member, now: datetime) -> None:
    """Take a comment away: its writer may, and an administrator."""
    _guard_change(comment, by)
    if Comment.objects.filter(pk=comment.pk, archived_at=None).update(archived_at=now):
        record("comment.archived", about=about, by=by, comment=comment.pk)


@transaction.atomic
def restore_comment(comment: Comment, *, about: models.Model, by: Member) -> None:
    _guard_change(comment, by)
    if Comment.objects.filter(pk=comment.pk).exclude(archived_at=None).update(archived_at=None):
        record("comment.restored", about=about, by=by, comment=comment.pk)


@transaction.atomic
def follow(about: models.Model, *, by: Member, now: datetime) -> None:
    """Hear what becomes of a thing. Following twice changes nothing."""
    if not may(by, "workspace.read", about):
        raise Refused("This belongs to another workspace.")
    Follow.objects.get_or_create(
        member=by,
        about_kind=kinds.of(about).name,
        about_id=about.pk,
        defaults={"workspace": by.workspace, "at": now},
    )


@transaction.atomic
def unfollow(about: models.Model, *, by: Member) -> None:
    Follow.objects.filter(member=by, about_kind=kinds.of(about).name, about_id=about.pk).delete()


def comments_on(kind: str, thing_id: int) -> models.QuerySet[Comment]:
    """What stands there, oldest first."""
    return Comment.objects.filter(
        about_kind=kind, about_id=thing_id, archived_at=None
    ).select_related("by__person")


def follows(member: Member, kind: str, thing_id: int) -> bool:
    return Follow.objects.filter(member=member, about_kind=kind, about_id=thing_id).exists()


def may_change(comment: Comment, member: Member) -> bool:
    return comment.workspace_id == member.workspace_id and (
        (comment.by_id == member.pk and may(member, "comment.write"))
        or RANK[member.role] >= RANK["admin"]
    )


def _guard_change(comment: Comment, by: Member) -> None:
    if not may_change(comment, by):
        raise Refused("Only its writer takes a comment away, or an administrator.")
