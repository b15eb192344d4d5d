"""What every answer goes through: an id for the log, the proxy's word, default deny, privacy."""

import logging
import secrets
from collections.abc import Callable
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve

Answer = Callable[[HttpRequest], HttpResponseBase]
logger = logging.getLogger("tercet.doors")

# Views of libraries cannot carry our decorator; they are named here, with the reason.
LIBRARY_DOORS = {
    "allauth.account.views": "signing in, out and up, and the own password",
    "allauth.mfa.": "the own second factor",
    "django.contrib.staticfiles.views": "style sheets and scripts in development",
}


def request_id(answer: Answer) -> Answer:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.id = secrets.token_hex(8)  # type: ignore[attr-defined]
        response = answer(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response

    return middleware


def behind_proxies(answer: Answer) -> Answer:
    """Take the visitor's address from X-Forwarded-For, from as many proxies as are ours."""
    hops = settings.ENV.trusted_proxies

    def middleware(request: HttpRequest) -> HttpResponseBase:
        forwarded = [
            part.strip() for part in request.META.pop("HTTP_X_FORWARDED_FOR", "").split(",")
        ]
        if hops and len(forwarded) >= hops and _is_address(forwarded[-hops]):
            request.META["REMOTE_ADDR"] = forwarded[-hops]
        return answer(request)

    return middleware


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def bounded_bodies(answer: Answer) -> Answer:
    """Only the routes that take files take more than a form's worth of bytes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if _body_size(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE and not _takes_files(request):
            return HttpResponse("Too large for this page.", status=413, content_type="text/plain")
        return answer(request)

    return middleware


def _body_size(request: HttpRequest) -> int:
    size = request.META.get("CONTENT_LENGTH") or "0"
    return int(size) if size.isdigit() else 0


def _takes_files(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).view_name in settings.LARGE_BODY_ROUTES
    except Resolver404:
        return False


def private_answers(answer: Answer) -> Answer:
    """Pages belong to the person who asked: no shared cache and no search engine keeps them."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = answer(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "private, no-store")
            response.headers.setdefault("X-Robots-Tag", "noindex")
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        )
        return response

    return middleware


class default_deny:
    """A view that says nothing about who may come in lets nobody in."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.answer(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., object],
        args: object,
        kwargs: object,
    ) -> None:
        if door_of(view) is None:
            logger.error("No door on %s; refused.", view)
            raise Http404


def door_of(view: Callable[..., object]) -> object | None:
    """The view's own door, or the reason for which a library's view is let through."""
    if (door := getattr(view, "door", None)) is not None:
        return door
    module = getattr(getattr(view, "view_class", view), "__module__", "")
    for prefix, reason in LIBRARY_DOORS.items():
        if module.startswith(prefix):
            return reason
    return None
