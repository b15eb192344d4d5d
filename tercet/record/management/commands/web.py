from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tercet.config.serving import serve_web


class Command(BaseCommand):
    help = "One web process. `tercet serve` starts and watches several, and the worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        serve_web(host, port)
