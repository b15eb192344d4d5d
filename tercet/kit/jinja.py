"""The Jinja environment of every page: its globals, filters and the kit's macros."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static as static_url
from django.urls import get_script_prefix, reverse
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import setup_globals
from markupsafe import Markup

from tercet.kit import dates, money, numbers, slots
from tercet.kit.icons import icon

MACROS = ("forms", "tables", "parts", "charts")


def environment(**options: Any) -> Environment:
    """For Django's Jinja2 backend. A missing name is an error, not an empty string."""
    options["undefined"] = StrictUndefined
    env = Environment(
        **options,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    env.globals.update(
        url=url,
        root=get_script_prefix,
        static=static,
        icon=icon,
        slot=slot,
        hue=hue,
        initials=initials,
    )
    env.globals.update({name: Macros(env, f"kit/{name}.html") for name in MACROS})
    env.filters.update(
        day=dates.day,
        instant=dates.instant,
        ago=dates.ago,
        money=money.show_money,
        number=numbers.number,
        percent=numbers.percent,
        signed=numbers.signed,
        plural=numbers.plural,
    )
    setup_globals(env)
    return env


class Macros:
    """A file of macros as a global, so that a block rendered alone has it without an import."""

    def __init__(self, env: Environment, template: str) -> None:
        self._env = env
        self._template = template

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._env.get_template(self._template).module, name)


def url(name: str, *args: Any, **kwargs: Any) -> str:
    return _url(get_script_prefix(), name, args, tuple(sorted(kwargs.items())))


@lru_cache(maxsize=8192)
def _url(
    script_prefix: str, name: str, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]
) -> str:
    """Routes stand for as long as the process does; a page asks for the same forty again."""
    return reverse(name, args=args, kwargs=dict(kwargs))


def static(path: str) -> str:
    """The file's address with its fingerprint, so that an upgrade never meets an old copy."""
    fingerprint = _fresh_fingerprint(path) if settings.DEBUG else _fingerprint(path)
    return f"{static_url(path)}?v={fingerprint}"


def _fresh_fingerprint(path: str) -> str:
    found = finders.find(path)
    if not isinstance(found, str):
        raise LookupError(f"No static file {path!r}.")
    return hashlib.sha256(Path(found).read_bytes()).hexdigest()[:10]


_fingerprint = lru_cache(maxsize=None)(_fresh_fingerprint)


@pass_context
def slot(context: Context, name: str, **arguments: Any) -> list[Markup]:
    """What rooms above put here, drawn: `{% for part in slot("company.page", company=company) %}`.

    A filling's template sees the page's names and its own on top of them.
    """
    found = slots.fillings(name, member=context.get("member"), **arguments)
    around = context.get_all()
    env = context.environment
    return [
        Markup(  # noqa: S704 (drawn by this environment, which escapes)
            env.get_template(part.template).render({**around, **part.context})
        )
        for part in found
    ]


def hue(text: object) -> int:
    """One of the twelve hues, always the same for the same text."""
    return hashlib.sha256(str(text).encode()).digest()[0] % 12 + 1


def initials(name: object) -> str:
    words = [word for word in str(name).split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
