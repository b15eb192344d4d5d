"""The doors that stand before any workspace."""

from django.contrib.auth import login
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.people import commands
from tercet.people.doors import for_person, public
from tercet.people.queries import workspaces_of


@for_person
def front_door(request: HttpRequest) -> HttpResponseBase:
    """Where a signed-in person belongs: the one workspace, or the choice between several."""
    workspaces = workspaces_of(request.user, timezone.now().date())
    if len(workspaces) == 1:
        return redirect("home:my_week_page", workspaces[0].slug)
    return show(request, "people/choose.html", {"workspaces": workspaces})


@public("load balancers and administrators ask whether the site is up")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@public(
    "a one-time link is the key itself; the page has one button, so that no scanner uses it up"
)
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    if request.method != "POST":
        return show(request, "people/sign_in_by_link.html", {"token": token})
    try:
        person = commands.use_sign_in_link(token, now=timezone.now())
    except Refused as refusal:
        return show(
            request, "people/sign_in_by_link.html", {"refusal": refusal}, status=422
        )
    login(
        request, person, backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return redirect("front_door")
