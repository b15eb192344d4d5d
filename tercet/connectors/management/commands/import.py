"""`tercet import WORKSPACE KIND FILE --source NAME`: what the page does, in one go."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from tercet.connectors import commands
from tercet.connectors.mapping.fields import KINDS
from tercet.connectors.mapping.guess import ask_again
from tercet.connectors.mapping.plan import Plan, PlanError
from tercet.connectors.queries import view_of
from tercet.connectors.reading.profile import Profile
from tercet.kit.refusal import Refused
from tercet.people.models import Workspace
from tercet.record import jobs
from tercet.record.models import Import

CHUNK = 1 << 20
PAUSE = 0.2
QUESTIONS_LEFT = 2


class Command(BaseCommand):
    help = (
        "Bring a file in: CSV, TSV, XLSX or Parquet. Ends with 1 where a file can't be brought in,"
        " with 2 where questions are left."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "workspace", metavar="WORKSPACE", help="the workspace's name in its address"
        )
        parser.add_argument("kind", metavar="KIND", help=f"auto, {', '.join(KINDS)}")
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument(
            "--source", required=True, metavar="NAME", help="the system that it comes from"
        )
        parser.add_argument("--map", metavar="MAP.toml", type=Path, help="which column fills what")
        parser.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="answer a question or set a value for every row, such as currency=EUR",
        )
        parser.add_argument("--zone", metavar="ZONE", help="the time zone of times without one")
        parser.add_argument("--full", action="store_true", help="this is all that the source has")
        parser.add_argument("--dry-run", action="store_true", help="count what it would do")
        parser.add_argument("--json", action="store_true", help="the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with scopes_disabled():
                workspace = Workspace.objects.get(slug=options["workspace"])
        except Workspace.DoesNotExist:
            raise CommandError(f"There is no workspace “{options['workspace']}”.") from None
        with scope(workspace=workspace):
            try:
                row = self._bring_in(workspace, options)
            except (Refused, PlanError) as error:
                raise CommandError(str(error)) from None
            self._tell(row, is_json=options["json"])

    def _bring_in(self, workspace: Workspace, options: dict[str, Any]) -> Import:
        row = commands.upload_file(
            workspace,
            _chunks(options["file"]),
            name=options["file"].name,
            source=options["source"],
            kind=options["kind"],
            by=None,
        )
        row = self._work(row, "import.read")
        plan = _planned(row, options)
        if plan.blocking or not plan.parts:
            raise CommandError(_questions(plan), returncode=QUESTIONS_LEFT)
        row = commands.plan_import(row, plan, by=None)
        if options["dry_run"]:
            commands.start_dry_run(row, by=None)
            return self._work(row, "import.check")
        commands.start_import(row, by=None)
        return self._work(row, "import.bring_in")

    def _work(self, row: Import, name: str) -> Import:
        """Do the job here; where a worker was quicker, wait for it."""
        with self._progress(row):
            while True:
                row = Import.objects.select_related("workspace").get(pk=row.pk)
                if row.state not in commands.WORKING:
                    break
                taken = jobs.claim(timezone.now(), key=f"{name}:{row.pk}")
                if taken is None:
                    time.sleep(PAUSE)
                else:
                    jobs.run(taken)
        if row.state == "failed":
            raise CommandError(f"{row.file_name}: {row.problem}")
        if row.state == "cancelled":
            raise CommandError(f"{row.file_name}: somebody cancelled it.")
        return row

    @contextmanager
    def _progress(self, row: Import) -> Iterator[None]:
        if not sys.stderr.isatty():
            yield
            return
        over = threading.Event()
        shown = threading.Thread(target=self._show, args=(row.pk, over), daemon=True)
        shown.start()
        try:
            yield
        finally:
            over.set()
            shown.join()
            self.stderr.write("\r\033[K", ending="")

    def _show(self, import_id: int, over: threading.Event) -> None:
        try:
            while not over.wait(1):
                with scopes_disabled():
                    view = view_of(Import.objects.get(pk=import_id))
                self.stderr.write(
                    f"\r\033[K{view.work} {view.share:.0%} {view.work_text}", ending=""
                )
        finally:
            connection.close()

    def _tell(self, row: Import, *, is_json: bool) -> None:
        if is_json:
            told = {"import": row.pk, "state": row.state, **row.counts}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        view = view_of(row)
        self.stdout.write(f"{row.file_name}: {view.state.lower()} (import {row.pk})")
        for each in view.kinds:
            self.stdout.write(
                f"  {each.label}: {each.new:,} new, {each.changed:,} changed,"
                f" {each.unchanged:,} unchanged, {each.archived:,} archived"
            )
        for name in view.open_names:
            self.stdout.write(
                f"  {name.said_by}: {name.field.lower()} “{name.name}” matches nothing"
                f" ({name.rows:,} times)"
            )
        for note in view.notes:
            self.stdout.write(f"  {note}")
        if view.refused_count:
            self.stderr.write(f"{view.refused_count:,} rows were refused:")
            for refusal in view.refused[:20]:
                self.stderr.write(
                    f"  line {refusal['line']}, {refusal['column']}: “{refusal['value']}”; expected"
                    f" {refusal['expected']} ({refusal['reason']})"
                )


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from None


def _planned(row: Import, options: dict[str, Any]) -> Plan:
    """What was guessed or mapped, with the answers of the command line."""
    profile = Profile.from_dict(row.profile)
    plan = Plan.from_dict(row.plan)
    if options["map"]:
        try:
            text = options["map"].read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['map']}: {error}") from None
        mapped = Plan.from_toml(text, columns=profile.headers, file=options["map"].name)
        plan = ask_again(_read_as(mapped, plan), profile)
    for text in options["set"]:
        name, sign, value = text.partition("=")
        if not sign:
            raise CommandError(f"--set {text}: expected NAME=VALUE, such as currency=EUR.")
        plan = _answered(plan, name.strip(), value.strip())
    if options["zone"]:
        plan = plan.answer("zone", options["zone"])
    if options["full"]:
        plan = plan.answer("full_export", True)
    return plan


def _read_as(mapped: Plan, guessed: Plan) -> Plan:
    from dataclasses import replace

    return replace(mapped, reading=guessed.reading)


def _answered(plan: Plan, name: str, value: str) -> Plan:
    """A currency that no column of this file needs is no mistake: scripts set it for all files."""
    try:
        return plan.answer(name, value)
    except PlanError:
        if name == "currency" and plan.parts:
            return plan
        raise


def _questions(plan: Plan) -> str:
    asked = [
        f"  {ask.question} --set {ask.key}={'|'.join(ask.candidates) or '…'}"
        for ask in plan.blocking
    ] or ["  What does this file hold? Name the kind instead of auto."]
    return "\n".join(["The file can’t say everything by itself:", *asked])
