from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tercet.config.serving import AlreadyServed, Supervisor, check_port, claim_data, commands_for


class Command(BaseCommand):
    help = "Serve the site: web processes and the worker together, until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.ENV.url.port or 8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        try:
            claim_data(settings.ENV.data)
            check_port(host, port)
        except AlreadyServed as error:
            raise CommandError(str(error), returncode=2) from None
        call_command("migrate", interactive=False, verbosity=0)
        Supervisor(commands_for(host, port)).run()
