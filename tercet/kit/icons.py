"""Lucide icons, inlined so that they take the text's colour and cost no request."""

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent / "static" / "vendor" / "lucide"
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_INSIDE = re.compile(r".*<svg[^>]*>(.*)</svg>.*", re.DOTALL)


@cache
def icon(name: str) -> Markup:
    """The icon's SVG, hidden from screen readers: the text beside it says what it means."""
    path = FOLDER / f"{name}.svg"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise LookupError(f"No icon {name!r}. Add it to vendor/icons.txt and run bin/vendor.")
    drawing = _INSIDE.sub(r"\1", path.read_text(encoding="utf-8"))
    drawing = re.sub(r"\s+", " ", drawing).strip()
    # The files come from a pinned package and lie in this repository, so they may be trusted.
    return Markup(
        '<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
        ' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">'
        f"{drawing}</svg>"
    )
