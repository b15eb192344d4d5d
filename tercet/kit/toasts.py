"""Short messages that a change leaves behind, with their undo.

They ride on Django's messages, so they survive a redirect; an htmx answer carries them in a
header, a whole page draws them.
"""

import json
from dataclasses import asdict, dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True)
class Toast:
    """`undo` is an address that takes a POST."""

    text: str
    undo: str = ""
    is_bad: bool = False


def toast(request: HttpRequest, text: str, *, undo: str = "", is_bad: bool = False) -> None:
    level = messages.ERROR if is_bad else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=f"undo={undo}", fail_silently=True)


def waiting(request: HttpRequest) -> list[Toast]:
    """The toasts not yet shown. Reading them takes them away."""
    if not hasattr(request, "_messages"):
        return []
    return [_toast(message) for message in messages.get_messages(request)]


def into_header(request: HttpRequest, response: HttpResponse) -> None:
    found = [asdict(one) for one in waiting(request)]
    if found and "HX-Trigger" not in response:
        response["HX-Trigger"] = json.dumps({"kit:toasts": {"toasts": found}})


def _toast(message: object) -> Toast:
    tags = getattr(message, "extra_tags", "") or ""
    undo = tags.removeprefix("undo=") if tags.startswith("undo=") else ""
    return Toast(str(message), undo, getattr(message, "level", 0) >= messages.ERROR)
