"""What home puts into other rooms' pages: the comments of a thing, and following it."""

from dataclasses import dataclass
from typing import Any

from tercet.kit import kinds
from tercet.kit.slots import Filling
from tercet.people.models import Member
from tercet.people.policy import may
from tercet.record.comments import Piece, comments_on, follows, may_change, pieces
from tercet.record.models import Comment


@dataclass(frozen=True)
class Said:
    comment: Comment
    pieces: list[Piece]
    may_change: bool


@dataclass(frozen=True)
class Talk:
    kind: str
    thing_id: int
    said: list[Said]
    follows: bool
    may_write: bool
    refusal: object = None
    draft: str = ""


def talk(*, member: Member, thing: Any, **_: Any) -> Filling:
    about = talk_about(member, kinds.of(thing).name, thing.pk)
    return Filling("home/talk.html", {"talk": about}, order=900)


def talk_about(
    member: Member, kind: str, thing_id: int, refusal: object = None, draft: str = ""
) -> Talk:
    said = [
        Said(each, pieces(each.text), may_change(each, member))
        for each in comments_on(kind, thing_id)
    ]
    return Talk(
        kind,
        thing_id,
        said,
        follows(member, kind, thing_id),
        may(member, "comment.write"),
        refusal,
        draft,
    )
