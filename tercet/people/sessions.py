"""Signing in by our own links, and the devices on which somebody is signed in."""

from importlib import import_module

from allauth.core.internal.sessionkit import get_session_user
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest

from tercet.people.models import Person

# The first that fits: Edge calls itself Chrome too, and all of them Safari.
BROWSERS = (
    ("Firefox/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def sign_in(request: HttpRequest, person: Person) -> None:
    login(request, person, backend=BACKEND)
    UserSession.objects.create_from_request(request)


def sessions_of(person: Person) -> list[UserSession]:
    """The newest first, without those that are over; nothing is written, a page only reads."""
    found = UserSession.objects.filter(user=person).order_by("-last_seen_at")
    return [each for each in found if _is_alive(each)]


def _is_alive(session: UserSession) -> bool:
    """It is kept and not expired, and no new password has ended it since."""
    store = import_module(settings.SESSION_ENGINE).SessionStore(session.session_key)
    return get_session_user(store) is not None


def end_session(person: Person, session_id: int) -> bool:
    session = UserSession.objects.filter(user=person, pk=session_id).first()
    if session is not None:
        session.end()
    return session is not None


def device_of(session: UserSession) -> str:
    """“Firefox on Windows”, as far as the browser says so."""
    said = session.user_agent
    browser = next((name for word, name in BROWSERS if word in said), "A browser")
    system = next((name for word, name in SYSTEMS if word in said), "")
    return f"{browser} on {system}" if system else browser
