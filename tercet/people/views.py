"""The doors that stand before any workspace."""

from typing import Any

from allauth.mfa.adapter import get_adapter as mfa_adapter
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.utils import is_mfa_enabled
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from qrcode import make as draw_code
from qrcode.image.svg import SvgPathFillImage

from tercet.kit.refusal import Refused
from tercet.kit.show import show
from tercet.kit.toasts import toast
from tercet.people import commands
from tercet.people.doors import for_person, public
from tercet.people.queries import is_first_visitor, may_open_workspace, workspaces_of
from tercet.people.sessions import device_of, sessions_of, sign_in
from tercet.people.sessions import end_session as end


@for_person
@require_safe
def front_door(request: HttpRequest) -> HttpResponseBase:
    """Where a signed-in person belongs: the one workspace, or the choice between several."""
    workspaces = workspaces_of(request.user, timezone.now().date())
    if len(workspaces) == 1:
        return redirect("home:my_week_page", workspaces[0].slug)
    if not workspaces and is_first_visitor():
        return redirect("open_workspace")
    context = {"workspaces": workspaces, "may_open": may_open_workspace(request.user)}
    return show(request, "people/choose.html", context)


@public("load balancers and administrators ask whether the site is up")
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@public("a one-time link is the key itself; the page has one button, so that no scanner uses it up")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponseBase:
    if request.method != "POST":
        return show(request, "people/sign_in_by_link.html", {"token": token, "refusal": None})
    try:
        person = commands.use_sign_in_link(token, now=timezone.now())
    except Refused as refusal:
        return show(
            request, "people/sign_in_by_link.html", {"token": "", "refusal": refusal}, status=422
        )
    sign_in(request, person)
    return redirect("front_door")


@for_person
@require_safe
def own_account_page(request: HttpRequest) -> HttpResponseBase:
    return _own_account(request)


@for_person
@require_POST
def rename_person(request: Any) -> HttpResponseBase:
    try:
        commands.rename_person(request.user, request.POST.get("name", ""))
    except Refused as refusal:
        return _own_account(request, refusal)
    toast(request, "Your name is changed.")
    return redirect("own_account_page")


@for_person
@require_POST
def end_session(request: Any, session_id: int) -> HttpResponseBase:
    if not end(request.user, session_id):
        raise Http404
    toast(request, "That device is signed out.")
    return redirect("own_account_page")


@for_person
@require_safe
def no_own_mail_page(request: HttpRequest) -> HttpResponseBase:
    """Mail addresses are given by invitations; allauth's page to change them stays shut."""
    return redirect("own_account_page")


@for_person
@require_safe
def totp_picture(request: Any) -> HttpResponseBase:
    """The secret that is being set up, as a picture; the page may not show a `data:` one."""
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    address = mfa_adapter().build_totp_url(request.user, secret)
    picture = draw_code(address, image_factory=SvgPathFillImage)
    return HttpResponse(picture.to_string(), content_type="image/svg+xml")


def _own_account(request: Any, refusal: Refused | None = None) -> HttpResponseBase:
    context = {
        "person": request.user,
        "sessions": [(each, device_of(each)) for each in sessions_of(request.user)],
        "this_session": request.session.session_key,
        "has_second_factor": is_mfa_enabled(request.user),
        "has_password": request.user.has_usable_password(),
        "workspaces": workspaces_of(request.user, timezone.now().date()),
        "may_open": may_open_workspace(request.user),
        "refusal": refusal,
    }
    return show(request, "people/own_account.html", context, status=422 if refusal else 200)
