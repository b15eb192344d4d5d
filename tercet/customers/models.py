"""Companies, the people there, and who looks after them: mirrored from the CRM.

Mirrored columns are changed by imports, Tercet's own columns by people.
"""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_scopes import ScopedManager

from tercet.people.models import Member, Team, Workspace

STATES = {"prospect": "Prospect", "customer": "Customer", "former": "Former customer"}


class Owner(models.Model):
    """The person whom the CRM names for a company, lead or deal; a member when we know who."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    email = models.EmailField(max_length=254, blank=True)
    member = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="owners"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    manager_name = models.CharField(max_length=200, blank=True)
    left_on = models.DateField(null=True, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["workspace", "name", "id"], name="owner_name"),
            models.Index(fields=["workspace", "email"], name="owner_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def has_left(self, today: date) -> bool:
        if self.left_on is not None and self.left_on <= today:
            return True
        return self.member is not None and self.member.has_left(today)


class Segment(models.Model):
    """A named set of companies, by the name that the source gives it."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=120)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="segment_name_once")
        ]

    def __str__(self) -> str:
        return self.name


class Company(models.Model):
    """A customer, a former one, or one who may become one."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    domain = models.CharField(max_length=253, blank=True)
    segment = models.ForeignKey(
        Segment,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="companies",
    )
    state = models.CharField(max_length=20, default="prospect")
    annual_value_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    owner = models.ForeignKey(
        Owner, null=True, blank=True, on_delete=models.PROTECT, related_name="companies"
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="subsidiaries",
    )
    country = models.CharField(max_length=100, blank=True)
    employees = models.IntegerField(null=True, blank=True)
    sector = models.CharField(max_length=120, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["workspace", "name", "id"], name="company_name"),
            models.Index(
                fields=["workspace", "domain"],
                condition=~Q(domain=""),
                name="company_domain",
            ),
            models.Index(fields=["workspace", "state", "name", "id"], name="company_state"),
            models.Index(
                fields=["workspace", "annual_value_minor", "id"],
                name="company_annual_value",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state_label(self) -> str:
        return STATES.get(self.state, self.state)


class Contact(models.Model):
    """A human at a company."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    company = models.ForeignKey(
        Company,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="contacts",
    )
    title = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=60, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["workspace", "name", "id"], name="contact_name"),
            models.Index(
                fields=["workspace", "email"],
                condition=~Q(email=""),
                name="contact_email",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.email
