"""What a member should hear of: one row for each of them and each event."""

from django.db import models
from django_scopes import ScopedManager

from tercet.people.models import Member, Workspace
from tercet.record.models import Event


class Notice(models.Model):
    """An event that concerns a member. The thing is named again, so that its undo finds the row."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="notices")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="notices")
    about_kind = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True, blank=True)
    text = models.CharField(max_length=500)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["member", "event"], name="notice_once"),
        ]
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_newest"),
            models.Index(fields=["member"], condition=models.Q(read_at=None), name="notice_unread"),
            models.Index(fields=["workspace", "about_kind", "about_id"], name="notice_about"),
        ]
