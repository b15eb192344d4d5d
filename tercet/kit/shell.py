"""What stands around every page. Each room puts its own places into it, in `AppConfig.ready()`.

place("Revenue", "Funnel", icon="funnel", to="revenue:funnel_page", order=40)
provide("workspaces", lambda request: […])
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, get_script_prefix, reverse

Badge = Callable[[HttpRequest], int | None]
When = Callable[[HttpRequest], bool]


@dataclass(frozen=True)
class Place:
    """A page that the sidebar leads to. `to` is a URL name that takes the workspace's slug."""

    group: str
    label: str
    icon: str
    to: str
    order: int = 100
    badge: Badge | None = None
    when: When | None = None
    key: str = ""


@dataclass(frozen=True)
class Link:
    """A place as it is drawn for one request."""

    icon: str
    label: str
    url: str
    badge: int | None = None
    current: bool = False
    key: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Bell:
    url: str
    unread: int = 0


@dataclass(frozen=True)
class DemoBadge:
    """Says that the data is not real; `url` leads to "Start with my data"."""

    text: str
    url: str = ""
    action: str = ""


@dataclass(frozen=True)
class Shell:
    """All that `kit/page.html` draws around the page itself."""

    name: str = "Tercet"
    home_url: str = "/"
    nav: list[tuple[str, list[Link]]] = field(default_factory=list)
    workspaces: list[Link] = field(default_factory=list)
    search_url: str = ""
    palette_url: str = ""
    bell: Bell | None = None
    user_name: str = ""
    user_detail: str = ""
    user_links: list[Link] = field(default_factory=list)
    sign_out_url: str = ""
    demo: DemoBadge | None = None


NAMES = frozenset(Shell.__dataclass_fields__) - {"nav"}
_places: dict[tuple[str, str], Place] = {}
_providers: dict[str, Callable[[HttpRequest], Any]] = {}


def place(group: str, label: str, *, icon: str, to: str, **more: Any) -> None:
    """Put a page into the sidebar. Groups stand in the order of their first place."""
    _places[group, label] = Place(group, label, icon, to, **more)


def provide(name: str, provider: Callable[[HttpRequest], Any]) -> None:
    """Let a room above fill a field of `Shell`. Asked only when a whole page is drawn."""
    if name not in NAMES:
        raise ValueError(f"The shell has no {name!r}; it has {', '.join(sorted(NAMES))}.")
    _providers[name] = provider


def shell(request: HttpRequest) -> Shell:
    workspace = getattr(request, "workspace", None)
    slug = getattr(workspace, "slug", None)
    member = getattr(request, "member", None)
    known: dict[str, Any] = {"user_name": str(member) if member else ""}
    if workspace is not None:
        known |= {
            "name": str(workspace),
            "home_url": _reverse("home:my_week_page", slug) or _reverse("home:home", slug) or "/",
            "search_url": _reverse("home:search", slug),
            "palette_url": _reverse("home:palette", slug),
            "nav": _nav(request, slug),
        }
    known["sign_out_url"] = _reverse("account_logout")
    known |= {name: provider(request) for name, provider in _providers.items()}
    return Shell(**{name: value for name, value in known.items() if value is not None})


def _nav(request: HttpRequest, slug: str | None) -> list[tuple[str, list[Link]]]:
    groups: dict[str, list[Link]] = {}
    shown = sorted(_places.values(), key=lambda a_place: a_place.order)
    links = [(one, _reverse(one.to, slug)) for one in shown if not one.when or one.when(request)]
    current = _longest_start(request.path, [address for _, address in links])
    for one, address in links:
        if address:
            link = Link(
                icon=one.icon,
                label=one.label,
                url=address,
                badge=one.badge(request) if one.badge else None,
                current=address == current,
                key=one.key,
            )
            groups.setdefault(one.group, []).append(link)
    return list(groups.items())


def _longest_start(path: str, addresses: Iterable[str]) -> str | None:
    """The place that a page lies under. The shortest is the workspace's root, above everything."""
    known = [address for address in addresses if address]
    root = min(known, key=len, default="")
    starts = [at for at in known if path == at or (at != root and path.startswith(at))]
    return max(starts, key=len, default=None)


def _reverse(name: str, *args: Any) -> str:
    """Empty where the room is not there yet: the shell then leaves the link out."""
    return _known(get_script_prefix(), name, tuple(arg for arg in args if arg is not None))


@lru_cache(maxsize=4096)
def _known(script_prefix: str, name: str, args: tuple[Any, ...]) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
