from tercet.record.events import told
from tercet.record.models import Event


def _matched(event: Event) -> str:
    who = str(event.by) if event.by else "Tercet"
    after = event.data["names"][1]
    if after:
        return f"{who} said that the owner {event.title} is {after}"
    return f"{who} took back who the owner {event.title} is"


def _changed(event: Event) -> str:
    who = str(event.by) if event.by else "Tercet"
    fields = [name.replace("_id", "") for name, it in event.data.items() if isinstance(it, list)]
    return f"{who} changed {event.title}: {', '.join(fields)}"


told("company.added", "{by} added the company {title}")
told("company.changed", _changed)
told("company.archived", "{by} archived the company {title}")
told("company.restored", "{by} brought the company {title} back")
told("owner.matched", _matched)
