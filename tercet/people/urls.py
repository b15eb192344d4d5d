from django.urls import path

from tercet.people import views
from tercet.people.commands import WORDS_OF_ROUTES

RESERVED = "|".join(sorted(WORDS_OF_ROUTES))


class WorkspaceSlug:
    """A workspace's slug in the path; words of our own routes are never one."""

    regex = rf"(?!(?:{RESERVED})/)[a-z0-9][a-z0-9-]{{0,59}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


urlpatterns = [
    path("", views.front_door, name="front_door"),
    path("healthz", views.healthz, name="healthz"),
    path("link/<str:token>", views.sign_in_by_link, name="sign_in_by_link"),
    path("account/", views.own_account_page, name="own_account_page"),
    path("account/name/", views.rename_person, name="rename_person"),
    path("account/sessions/<int:session_id>/end/", views.end_session, name="end_session"),
    path("account/2fa/totp/picture.svg", views.totp_picture, name="totp_picture"),
    path("account/email/", views.no_own_mail_page, name="no_own_mail_page"),
]
