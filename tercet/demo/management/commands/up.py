import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from tercet.config.serving import AlreadyServed, Supervisor, check_port, claim_data, commands_for
from tercet.people.commands import make_sign_in_link
from tercet.people.models import Person, Workspace

FIRST_ADMINISTRATOR = "you@localhost"


class Command(BaseCommand):
    help = "What bin/run calls: open the demo company where nothing is yet, then serve."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--empty", action="store_true", help="Start without the demo company.")
        parser.add_argument("--port", type=int, default=settings.ENV.url.port or 8000)
        parser.add_argument("--host", default="127.0.0.1")

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            claim_data(settings.ENV.data)
            check_port(host, port)
        except AlreadyServed as error:
            raise CommandError(str(error), returncode=2) from None

        call_command("migrate", interactive=False, verbosity=0)
        address = os.environ.setdefault("TERCET_URL", f"http://{host}:{port}").rstrip("/")
        person = _first_person() if options["empty"] else self._demo_administrator()
        link = reverse("sign_in_by_link", args=[make_sign_in_link(person, now=timezone.now())])
        path = link.removeprefix(settings.ENV.script_name)
        self.stdout.write(
            f"\nTercet is at {address}\nSign in once, within a day: {address}{path}\n"
        )
        self.stdout.write("Ctrl-C ends it; the data stays.\n")
        self.stdout.flush()
        Supervisor(commands_for(host, port)).run()

    def _demo_administrator(self) -> Person:
        if not Workspace.objects.filter(is_demo=True).exists() and not Person.objects.exists():
            self.stdout.write("Opening the demo company …")
            self.stdout.flush()
            import_string("tercet.demo.commands.open_demo")(now=timezone.now())
        demo = Person.objects.filter(members__workspace__is_demo=True, members__role="admin")
        return demo.order_by("pk").first() or _first_person()


def _first_person() -> Person:
    """The one who is there already, or the first administrator, who gives a name next."""
    known = Person.objects.filter(is_active=True, members__role="admin").order_by("pk").first()
    if known is None:
        known = Person.objects.filter(email=FIRST_ADMINISTRATOR).first()
    return known or Person.objects.create_user(FIRST_ADMINISTRATOR, name="Administrator")
