"""Writing down what happened, in the transaction in which it happens.

A room registers the kinds of its events with a sentence (`told`), and readers with `@reader`.
`record()` writes the event and one delivery for each reader that listens to its kind; the worker
hands them over at least once, so readers must be idempotent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from tercet.kit import kinds
from tercet.people.clock import now_in
from tercet.people.models import Member, Workspace
from tercet.record.models import Delivery, Event

Sentence = Callable[[Event], str]
Reader = Callable[[Event], None]


@dataclass(frozen=True)
class EventKind:
    name: str
    sentence: Sentence


@dataclass(frozen=True)
class _Listening:
    prefixes: tuple[str, ...]
    read: Reader


_event_kinds: dict[str, EventKind] = {}
_readers: dict[str, _Listening] = {}


def told(name: str, sentence: str | Sentence) -> None:
    """Register an event's kind and how it reads: “{by} shared {title}” or a function."""
    text = sentence if callable(sentence) else _template(sentence)
    _event_kinds[name] = EventKind(name, text)


def reader(name: str, *prefixes: str) -> Callable[[Reader], Reader]:
    """Register a reader of all events whose kind starts with one of these."""

    def register(read: Reader) -> Reader:
        _readers[name] = _Listening(prefixes, read)
        return read

    return register


@transaction.atomic
def record(
    kind: str,
    *,
    by: Member | None,
    about: models.Model | None = None,
    workspace: Workspace | None = None,
    **data: Any,
) -> Event:
    """Write an event and its deliveries, and move the workspace's change counter."""
    if kind not in _event_kinds:
        raise LookupError(f"Event {kind!r} has no sentence. Register it with told() in events.py.")
    where = workspace or (by.workspace if by else getattr(about, "workspace", None))
    if where is None:
        raise ValueError(f"Event {kind!r} needs a workspace, a member or a thing that has one.")

    event = Event.objects.create(
        workspace=where,
        kind=kind,
        about_kind=_kind_of(about),
        about_id=about.pk if about is not None else None,
        title=str(about)[:300] if about is not None else "",
        by=by,
        at=now_in(where),
        data=data,
    )
    Delivery.objects.bulk_create(
        [Delivery(event=event, reader=name) for name in _listening_to(kind)]
    )
    where.mark_changed()
    return event


def sentence(event: Event) -> str:
    known = _event_kinds.get(event.kind)
    return known.sentence(event) if known else event.kind


def reader_named(name: str) -> Reader | None:
    listening = _readers.get(name)
    return listening.read if listening else None


def _listening_to(kind: str) -> list[str]:
    return [name for name, it in _readers.items() if kind.startswith(it.prefixes)]


def _kind_of(about: models.Model | None) -> str:
    if about is None:
        return ""
    try:
        return kinds.of(about).name
    except LookupError:
        return about._meta.model_name or ""


def _template(text: str) -> Sentence:
    def fill(event: Event) -> str:
        who = str(event.by) if event.by else "Tercet"
        words = {key: value for key, value in event.data.items() if isinstance(value, str | int)}
        return text.format_map({**words, "by": who, "title": event.title})

    return fill
