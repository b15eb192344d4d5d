"""Answer with a page, or with the one part of it that htmx asked for."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.template.backends.utils import csrf_input_lazy
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from jinja2_fragments import render_blocks

from tercet.kit import shell, toasts


def show(
    request: HttpRequest,
    template: str,
    context: dict[str, Any] | None = None,
    part: str | tuple[str, ...] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or only its block `part` when htmx asks for a part.

    `part` may name several blocks: the first is swapped into the target, the others must
    carry `hx-swap-oob`.
    """
    jinja = engines["jinja2"].env  # type: ignore[attr-defined]
    if part is not None and wants_part(request):
        blocks = (part,) if isinstance(part, str) else part
        html = render_blocks(jinja, template, blocks, _context(request, context, is_part=True))
        response = HttpResponse(html, status=status)
        toasts.into_header(request, response)
    else:
        html = jinja.get_template(template).render(_context(request, context))
        response = HttpResponse(html, status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Request-Type"])
    return response


def wants_part(request: HttpRequest) -> bool:
    """htmx asks for a part, except when it restores history or swaps the whole body."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-Request-Type") != "full"
    )


def _context(
    request: HttpRequest, context: dict[str, Any] | None, *, is_part: bool = False
) -> dict[str, Any]:
    return {
        "is_part": is_part,
        "request": request,
        "member": getattr(request, "member", None),
        "workspace": getattr(request, "workspace", None),
        "csrf_input": csrf_input_lazy(request),
        "csrf_token": SimpleLazyObject(lambda: get_token(request)),
        "shell": SimpleLazyObject(lambda: shell.shell(request)),
        "toasts": SimpleLazyObject(lambda: toasts.waiting(request)),
        **(context or {}),
    }
