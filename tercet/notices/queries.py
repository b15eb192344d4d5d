from dataclasses import dataclass

from tercet.notices.models import Notice
from tercet.people.models import Member
from tercet.record.things import Found, find_things

PAGE = 50


@dataclass(frozen=True)
class Told:
    """A notice with the thing it is about, where that still is there to see."""

    notice: Notice
    found: Found | None


def unread_count(member: Member) -> int:
    return Notice.objects.filter(member=member, read_at=None).count()


def newest_notices(
    member: Member, *, before: int | None = None, most: int = PAGE
) -> tuple[list[Told], int | None]:
    """A page of notices, newest first, and where the next page begins."""
    rows = Notice.objects.filter(member=member).select_related("event__by__person")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    page = list(rows[: most + 1])
    things = find_things([(each.about_kind, each.about_id) for each in page], member=member)
    told = [Told(each, things.get((each.about_kind, each.about_id or 0))) for each in page[:most]]
    return told, page[most - 1].pk if len(page) > most else None
