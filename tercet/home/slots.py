"""What home puts into other rooms' pages: a company's business, and what is said about a thing."""

from dataclasses import dataclass
from typing import Any

from tercet.customers.models import Company
from tercet.kit import kinds
from tercet.kit.money import show_money
from tercet.kit.slots import Filling
from tercet.people.models import Member
from tercet.people.policy import may, sees_amounts
from tercet.record.comments import Piece, comments_on, follows, may_change, pieces
from tercet.record.models import Comment
from tercet.revenue.lists import deal_state
from tercet.revenue.models import Deal, Lead

MOST_SHOWN = 8


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


@dataclass(frozen=True)
class Business:
    """The newest deals, each with its state and amount, and the newest leads."""

    deals: list[tuple[Deal, str, str]]
    leads: list[Lead]
    has_more_deals: bool
    has_more_leads: bool


def business(*, member: Member, company: Company, **_: Any) -> Filling:
    here = {"workspace": member.workspace, "company": company, "archived_at": None}
    deals = list(
        Deal.objects.filter(**here).select_related("stage").order_by("-id")[: MOST_SHOWN + 1]
    )
    leads = list(Lead.objects.filter(**here).order_by("-id")[: MOST_SHOWN + 1])
    shows_amounts = sees_amounts(member)
    shown = Business(
        [
            (
                deal,
                deal_state(deal),
                show_money(deal.amount_minor, deal.currency) if shows_amounts else "",
            )
            for deal in deals[:MOST_SHOWN]
        ],
        leads[:MOST_SHOWN],
        has_more_deals=len(deals) > MOST_SHOWN,
        has_more_leads=len(leads) > MOST_SHOWN,
    )
    return Filling("home/business.html", {"business": shown}, order=100)


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
