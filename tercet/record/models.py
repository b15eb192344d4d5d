"""What happened, what is owed, what came in from outside, and what is still to be done.

Things of rooms above are known here by kind and id only (see `kit.kinds`).
"""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_scopes import ScopedManager

from tercet.people.models import Member, Team, Workspace


class Event(models.Model):
    """Something that happened; `data` holds {field: [before, after]} where fields changed."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    about_kind = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()
    data = models.JSONField(default=dict, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="event_newest"),
            models.Index(
                fields=["workspace", "about_kind", "about_id", "-id"],
                name="event_about",
            ),
        ]


class Delivery(models.Model):
    """One reader's copy of an event, written with it; the worker hands it over at least once."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    reader = models.CharField(max_length=60)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reader"], name="delivery_once")]
        indexes = [models.Index(fields=["id"], condition=Q(done_at=None), name="delivery_open")]


class Handoff(models.Model):
    """Somebody is owed something by another team: asked, answered, due, ended."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    from_team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    to_member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    about_kind = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    title = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(
                fields=["workspace", "to_team", "due_at"],
                condition=Q(ended_at=None),
                name="handoff_open_team",
            ),
            models.Index(
                fields=["workspace", "to_member", "due_at"],
                condition=Q(ended_at=None),
                name="handoff_open_member",
            ),
            models.Index(
                fields=["workspace", "from_member", "due_at"],
                condition=Q(ended_at=None),
                name="handoff_open_asker",
            ),
            models.Index(fields=["workspace", "about_kind", "about_id"], name="handoff_about"),
        ]

    def is_overdue(self, now: datetime) -> bool:
        return self.ended_at is None and self.due_at is not None and self.due_at < now


class ExternalId(models.Model):
    """What a source calls one of our things. A thing may have many."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    external_id = models.CharField(max_length=300)
    thing_id = models.BigIntegerField()
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "source", "kind", "external_id"],
                name="external_id_once",
            )
        ]
        indexes = [models.Index(fields=["workspace", "kind", "thing_id"], name="external_id_thing")]


class OpenReference(models.Model):
    """A row names a thing that has not come in yet; it is linked when that one arrives."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    external_id = models.CharField(max_length=300)
    from_kind = models.CharField(max_length=30)
    from_id = models.BigIntegerField()
    field = models.CharField(max_length=40)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "from_kind", "from_id", "field"],
                name="open_reference_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["workspace", "source", "kind", "external_id"],
                name="open_reference_wanted",
            )
        ]


class Import(models.Model):
    """One file brought in: what it was, how it was read, what it did, whether it was undone."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="imports")
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=60, blank=True)
    file_name = models.CharField(max_length=200)
    file_key = models.CharField(max_length=80, blank=True)
    file_size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=20, default="uploaded")
    profile = models.JSONField(default=dict, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    is_full = models.BooleanField(default=False)
    counts = models.JSONField(default=dict, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    problem = models.TextField(blank=True)
    by = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return self.file_name


class BeforeImage(models.Model):
    """How a row was before an import changed it; `version` is the row's after that change."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    import_id = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=30)
    thing_id = models.BigIntegerField()
    version = models.PositiveIntegerField()
    data = models.JSONField(default=dict)
    is_archiving = models.BooleanField(default=False)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["import_id", "kind", "thing_id"], name="before_image_once"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "kind", "thing_id"], name="before_image_thing")
        ]


class SavedMapping(models.Model):
    """How a source's columns were read last time, so that nobody is asked twice."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=60)
    kind = models.CharField(max_length=60)
    plan = models.JSONField(default=dict)
    by = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "source", "kind"], name="mapping_once")
        ]


class FactFile(models.Model):
    """The manifest of mass facts: an immutable Parquet file that counts while this row exists."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    dataset = models.CharField(max_length=40)
    path = models.CharField(max_length=200)
    rows = models.BigIntegerField()
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField()

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["workspace", "dataset"], name="fact_file_dataset")]


class Comment(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    about_kind = models.CharField(max_length=30)
    about_id = models.BigIntegerField()
    text = models.TextField()
    by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["workspace", "about_kind", "about_id", "id"],
                name="comment_about",
            )
        ]


class Follow(models.Model):
    """A member hears what becomes of a thing while this row exists."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    about_kind = models.CharField(max_length=30)
    about_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "about_kind", "about_id"], name="follow_once")
        ]
        indexes = [
            models.Index(fields=["workspace", "about_kind", "about_id"], name="follow_about")
        ]


class SearchEntry(models.Model):
    """What a thing is found by. The full-text tables beside it hold the same words."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30)
    thing_id = models.BigIntegerField()
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "thing_id"], name="search_entry_once"
            )
        ]


class Mail(models.Model):
    """A mail that was written. Without a mail server it stays here, where an admin can read it."""

    workspace = models.ForeignKey(
        Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    to = models.EmailField()
    subject = models.CharField(max_length=300)
    text = models.TextField()
    html = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]


class Job(models.Model):
    """Work for the worker. A lease says who has it until when; its token fences a late finish."""

    name = models.CharField(max_length=60)
    workspace = models.ForeignKey(
        Workspace, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    arguments = models.JSONField(default=dict, blank=True)
    key = models.CharField(max_length=200, null=True, blank=True)
    state = models.CharField(max_length=10, default="waiting")
    priority = models.SmallIntegerField(default=0)
    run_after = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    most_attempts = models.PositiveSmallIntegerField(default=8)
    leased_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(state="waiting"), name="job_waits_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["-priority", "run_after", "id"],
                condition=Q(state="waiting"),
                name="job_waiting",
            ),
            models.Index(
                fields=["leased_until"],
                condition=Q(state="running"),
                name="job_running",
            ),
            models.Index(fields=["state", "-id"], name="job_state"),
        ]


class ScheduledRun(models.Model):
    """A point of the schedule that was taken: whoever writes the row first runs it."""

    name = models.CharField(max_length=60)
    slot = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="scheduled_once")]


class Worker(models.Model):
    """A worker process that was alive at `seen_at`."""

    name = models.CharField(max_length=80, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()


class Snapshot(models.Model):
    """An immutable folder of Parquet files that figures are computed from."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    room = models.CharField(max_length=30)
    folder = models.CharField(max_length=120)
    change_count = models.PositiveBigIntegerField()
    as_of = models.DateTimeField()
    rows = models.JSONField(default=dict)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["workspace", "room", "-id"], name="snapshot_newest")]


class Figure(models.Model):
    """A computed answer for one snapshot and one set of filters, kept until the snapshot goes."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="figures")
    name = models.CharField(max_length=60)
    filters = models.JSONField(default=dict)
    filters_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=10, default="waiting")
    result = models.JSONField(null=True, blank=True)
    problem = models.TextField(blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    computed_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["snapshot", "name", "filters_hash"], name="figure_once")
        ]
        indexes = [
            models.Index(
                fields=["workspace", "name", "filters_hash", "-id"],
                name="figure_latest",
            )
        ]
