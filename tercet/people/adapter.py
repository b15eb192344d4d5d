"""What Tercet asks of allauth: no signing up alone, a mailbox is proof, nothing long is hashed."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest
from django.utils import timezone

from tercet.kit.toasts import toast
from tercet.people import commands
from tercet.people.models import Person
from tercet.people.passwords import LONGEST


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Person | None:
        """A password that nobody can have is refused before it costs anything, known or not."""
        if len(credentials.get("password") or "") > LONGEST:
            self.pre_authenticate(request, **credentials)
            return None
        return super().authenticate(request, **credentials)

    def login(self, request: HttpRequest, user: Person) -> None:
        """A mailed code proves the mailbox; who opened the account before may be somebody else."""
        came_by_code = any(
            each.get("method") == "code" for each in get_authentication_records(request, user)
        )
        if came_by_code and commands.prove_mail(user, now=timezone.now()):
            toast(
                request, "Your mail address is proven now. Set a new password; the old one is gone."
            )
        super().login(request, user)
