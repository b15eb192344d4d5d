"""The doors of the product: how a view says who may come in.

`@page` lets any member read; `@page("action")` those who may do the action. `@change("action")`
takes a POST. `@public("reason")` needs no membership and says why. A view without a door is
refused by `middleware.default_deny`, and a test walks all routes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Literal, overload
from zoneinfo import ZoneInfo

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_scopes import scope

from tercet.people.clock import today_in
from tercet.people.models import Member, Person, Workspace
from tercet.people.policy import may

View = Callable[..., HttpResponseBase]
SAFE = ("GET", "HEAD")


class MemberRequest(HttpRequest):
    """A request whose door has found the member; views behind a door take this."""

    member: Member
    workspace: Workspace
    user: Person


@dataclass(frozen=True)
class Door:
    """What a route demands; the authorization matrix is generated from these."""

    kind: Literal["page", "change", "person", "public"]
    action: str = ""
    reason: str = ""
    methods: tuple[str, ...] = ()


@overload
def page(view: View) -> View: ...
@overload
def page(view: str) -> Callable[[View], View]: ...
def page(view: View | str) -> View | Callable[[View], View]:
    """A GET that any member may make, or those who may do the named action."""
    if isinstance(view, str):
        action = view
        return lambda inner: _members_only(inner, Door("page", action, methods=SAFE))
    return _members_only(view, Door("page", "workspace.read", methods=SAFE))


def change(action: str, *, shows_form: bool = False) -> Callable[[View], View]:
    """A POST by those who may do the action; with `shows_form` the same route answers GET."""
    methods = (*SAFE, "POST") if shows_form else ("POST",)
    return lambda inner: _members_only(inner, Door("change", action, methods=methods))


def for_person(view: View) -> View:
    """For whoever is signed in, in no workspace: the own account, choosing a workspace."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return _marked(guarded, Door("person"))


def public(reason: str) -> Callable[[View], View]:
    """For everybody, with the reason why that is right."""

    def mark(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return view(request, *args, **kwargs)

        return _marked(guarded, Door("public", reason=reason))

    return mark


def member_of(request: HttpRequest, slug: str) -> Member | None:
    """The signed-in person's member in this workspace, None for a stranger or one who left."""
    member = (
        Member._base_manager.select_related("workspace", "person")
        .filter(workspace__slug=slug, person_id=request.user.pk, person__is_active=True)
        .first()
    )
    if member is None or member.has_left(today_in(member.workspace)):
        return None
    return member


@contextmanager
def inside(workspace: Workspace) -> Iterator[None]:
    """Queries see this workspace alone, and days are days in its zone."""
    with scope(workspace=workspace), timezone.override(ZoneInfo(workspace.time_zone)):
        yield


def _members_only(view: View, door: Door) -> View:
    @wraps(view)
    def guarded(request: Any, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        member = member_of(request, slug)
        if member is None:
            raise Http404
        if not may(member, door.action):
            raise PermissionDenied
        request.member, request.workspace = member, member.workspace
        with inside(member.workspace):
            return _kept_in_scope(view(request, *args, **kwargs), member.workspace)

    return _marked(require_http_methods(list(door.methods))(guarded), door)


def _kept_in_scope(answer: HttpResponseBase, workspace: Workspace) -> HttpResponseBase:
    """A streamed answer is made after the view has returned; its queries need the scope too."""
    if isinstance(answer, StreamingHttpResponse) and not answer.is_async:
        answer.streaming_content = _scoped(iter(answer), workspace)
    return answer


def _scoped(chunks: Any, workspace: Workspace) -> Any:
    while True:
        with inside(workspace):
            try:
                chunk = next(chunks)
            except StopIteration:
                return
        yield chunk


def _marked(view: View, door: Door) -> View:
    view.door = door  # type: ignore[attr-defined]
    return view
