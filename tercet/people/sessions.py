"""Signing in by our own links, and the devices on which somebody is signed in."""

from allauth.usersessions.models import UserSession
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
    """The newest first; those that are over are dropped on the way."""
    found = UserSession.objects.purge_and_list(person)
    return sorted(found, key=lambda session: session.last_seen_at, reverse=True)


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
