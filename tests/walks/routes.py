"""Every route of the product, with the things its path needs made for real."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tercet.people.middleware import door_of


@dataclass(frozen=True)
class Route:
    """One pattern of the resolver: its view, its door, the names of the parameters in its path."""

    name: str
    view: Callable[..., Any]
    door: Any
    parameters: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        return hasattr(self.view, "door")

    def url(self, slug: str, values: dict[str, Any]) -> str:
        known = {"slug": slug, **values}
        return reverse(self.name, kwargs={name: known[name] for name in self.parameters})


def all_routes() -> list[Route]:
    return [route for route in _walk(get_resolver(), (), ()) if not _is_static(route)]


def workspace_routes() -> list[Route]:
    return [route for route in all_routes() if "slug" in route.parameters]


def _is_static(route: Route) -> bool:
    return getattr(route.view, "__module__", "").startswith("django.contrib.staticfiles")


def _walk(
    resolver: URLResolver, namespaces: tuple[str, ...], parameters: tuple[str, ...]
) -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        here = (*parameters, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            inside = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from _walk(pattern, inside, here)
        elif isinstance(pattern, URLPattern):
            name = ":".join((*namespaces, pattern.name or "?"))
            yield Route(name, pattern.callback, door_of(pattern.callback), here)
