"""Error pages that need neither database nor session, and show the request's id.

`config/urls.py` names them: handler400, handler403, handler404, handler500.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import engines

SAYS = {
    400: ("That request could not be read", "Go back, reload the page, and try again."),
    403: (
        "You may not do that here",
        "Your role does not allow it. Somebody who administers this workspace can change that.",
    ),
    404: (
        "There is no such page",
        "It may have been moved or archived, or it belongs to a workspace that you are not in.",
    ),
    422: ("That could not be done", "Nothing was changed. Go back, mend the entry, and try again."),
    500: (
        "Something broke on our side",
        "Nothing was half done: the change was taken back. The administrator finds the cause "
        "in the log under this request's number.",
    ),
    503: (
        "Tercet is busy or being upgraded",
        "Your data is safe. Wait a minute and reload this page.",
    ),
}


def error_page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    title, what_to_do = SAYS[status]
    context = {
        "request": request,
        "status": status,
        "title": title,
        "message": message or what_to_do,
        "request_id": getattr(request, "id", "") or getattr(request, "request_id", ""),
        "theme": request.COOKIES.get("theme", ""),
    }
    page = engines["jinja2"].env.get_template(f"kit/errors/{status}.html")  # type: ignore[attr-defined]
    return HttpResponse(page.render(context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 403, _said(exception))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error_page(request, 404)


def broken(request: HttpRequest, *args: Any) -> HttpResponse:
    return error_page(request, 500)


def unavailable(request: HttpRequest, message: str = "") -> HttpResponse:
    response = error_page(request, 503, message)
    response["Retry-After"] = "60"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error_page(
        request,
        403,
        "This page was open for too long, or cookies are blocked. Reload it and try again.",
    )


def _said(exception: Exception | None) -> str:
    """A door's own words are shown; Django's are not."""
    return str(exception) if exception is not None and exception.args else ""
