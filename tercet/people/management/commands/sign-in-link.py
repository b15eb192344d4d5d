"""`tercet sign-in-link EMAIL`: a way in for somebody who is locked out, without a mail server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone

from tercet.people.commands import make_sign_in_link
from tercet.people.models import Person


class Command(BaseCommand):
    help = "Print a link that signs this person in once, within 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument(
            "--create", metavar="NAME", help="Make the person if there is none with this address."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        person = Person.objects.filter(email=email).first()
        if person is None and options["create"]:
            person = Person.objects.create_user(email, name=options["create"])
        if person is None:
            raise CommandError(
                f"Nobody here has the address {email}. Add --create NAME to make somebody."
            )
        if not person.is_active:
            raise CommandError(f"{person} is switched off and cannot sign in.")
        token = make_sign_in_link(person, now=timezone.now())
        root = settings.ENV.url.geturl().rstrip("/")
        path = reverse("sign_in_by_link", args=[token]).removeprefix(settings.ENV.script_name)
        self.stdout.write(f"{root}{path}")
