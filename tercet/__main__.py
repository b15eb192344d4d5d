"""The command line: `tercet COMMAND`. `analyse` works on files alone and loads no settings."""

import os
import sys


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["analyse"]:
        from tercet.analysis.cli import main as analyse

        sys.exit(analyse(arguments[1:]))

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tercet.config.settings")
    from tercet.config.env import BadEnvironment

    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(["tercet", *arguments])
    except BadEnvironment as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
