"""The way from a lead to a won deal, mirrored from the CRM, and how this workspace counts it."""

from django.db import models
from django.utils import timezone
from django_scopes import ScopedManager

from tercet.customers.models import Company, Contact, Owner, Segment
from tercet.people.models import Team, Workspace

STEPS = {
    "open": "Open",
    "qualified": "Qualified",
    "won": "Won",
    "lost": "Lost",
    "ignored": "Left out",
}
DEAL_TYPES = {"new": "New", "expansion": "Expansion", "renewal": "Renewal"}
SAID_BY = {"rep": "Rep", "buyer": "Buyer"}
AMOUNT_MEANINGS = {
    "total": "The whole contract",
    "annual": "One year",
    "monthly": "One month",
    "unknown": "Not said",
}


class Settings(models.Model):
    """How this workspace counts: one row, with what nobody has said yet left empty."""

    workspace = models.OneToOneField(
        Workspace, on_delete=models.CASCADE, related_name="revenue_settings"
    )
    fiscal_year_start_month = models.PositiveSmallIntegerField(default=1)
    currency = models.CharField(max_length=3, blank=True)
    working_days = models.CharField(max_length=7, default="12345")
    work_starts_at = models.TimeField(default="09:00")
    work_ends_at = models.TimeField(default="17:00")
    pipelines_that_count = models.JSONField(default=list, blank=True)
    deal_types_that_count = models.JSONField(default=list, blank=True)
    amount_meaning = models.CharField(max_length=20, default="unknown")
    leave_out_names = models.JSONField(default=list, blank=True)
    leave_out_domains = models.JSONField(default=list, blank=True)
    first_contact_due_hours = models.PositiveSmallIntegerField(default=8)
    revenue_goal_minor = models.BigIntegerField(null=True, blank=True)
    marketing_share_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")


class Campaign(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    channel = models.CharField(max_length=120, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    cost_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["workspace", "name", "id"], name="campaign_name")]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    series = models.CharField(max_length=120, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["workspace", "name", "id"], name="product_name")]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A stage as the source names it, in its pipeline, and the step that it means here."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    pipeline = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120)
    step = models.CharField(max_length=20, default="open")
    position = models.PositiveSmallIntegerField(default=0)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["pipeline", "position", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "pipeline", "name"], name="stage_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Lead(models.Model):
    """Somebody who showed interest, and the instants at which they came further.

    A day (`…_on`) is in the workspace's zone; the instant beside it (`…_at`) is there when the
    source gives one. `followed_up` is null when the data does not say.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300, blank=True)
    email = models.CharField(max_length=254, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    origin = models.CharField(max_length=120, blank=True)
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    owner = models.ForeignKey(
        Owner, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(max_length=120, blank=True)
    created_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    assigned_on = models.DateField(null=True, blank=True)
    assigned_at = models.DateTimeField(null=True, blank=True)
    first_contact_on = models.DateField(null=True, blank=True)
    first_contact_at = models.DateTimeField(null=True, blank=True)
    followed_up = models.BooleanField(null=True, blank=True)
    accepted_on = models.DateField(null=True, blank=True)
    qualified_on = models.DateField(null=True, blank=True)
    lost_on = models.DateField(null=True, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-created_on", "-id"]
        indexes = [
            models.Index(fields=["workspace", "created_on", "id"], name="lead_created"),
            models.Index(fields=["workspace", "origin", "created_on", "id"], name="lead_origin"),
            models.Index(fields=["workspace", "owner", "id"], name="lead_owner"),
            models.Index(fields=["workspace", "email"], name="lead_email"),
        ]

    def __str__(self) -> str:
        return self.name or self.email or f"Lead {self.pk}"


class Deal(models.Model):
    """A sale that may happen, did, or did not."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300, blank=True)
    company = models.ForeignKey(
        Company, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    lead = models.ForeignKey(
        Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    product = models.ForeignKey(
        Product, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    segment = models.ForeignKey(
        Segment, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    origin = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(
        Owner, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stage = models.ForeignKey(
        Stage, null=True, blank=True, on_delete=models.PROTECT, related_name="deals"
    )
    type = models.CharField(max_length=20, blank=True)
    created_on = models.DateField(null=True, blank=True)
    engaged_on = models.DateField(null=True, blank=True)
    won_on = models.DateField(null=True, blank=True)
    lost_on = models.DateField(null=True, blank=True)
    closes_on = models.DateField(null=True, blank=True)
    amount_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    competitor = models.CharField(max_length=200, blank=True)
    lost_reason = models.CharField(max_length=200, blank=True)
    lost_reason_by = models.CharField(max_length=20, blank=True)
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["workspace", "created_on", "id"], name="deal_created"),
            models.Index(fields=["workspace", "won_on", "id"], name="deal_won"),
            models.Index(fields=["workspace", "closes_on", "id"], name="deal_closes"),
            models.Index(fields=["workspace", "amount_minor", "id"], name="deal_amount"),
            models.Index(fields=["workspace", "stage", "id"], name="deal_stage"),
            models.Index(fields=["workspace", "owner", "id"], name="deal_owner"),
        ]

    def __str__(self) -> str:
        return self.name or f"Deal {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.won_on is None and self.lost_on is None


class StageMove(models.Model):
    """A deal came into a stage, on that day with that owner and team."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    deal = models.ForeignKey(
        Deal, null=True, blank=True, on_delete=models.PROTECT, related_name="moves"
    )
    from_stage = models.ForeignKey(
        Stage, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="+")
    moved_on = models.DateField()
    moved_at = models.DateTimeField(null=True, blank=True)
    owner = models.ForeignKey(
        Owner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    extra = models.JSONField(default=dict, blank=True)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["moved_on", "id"]
        indexes = [models.Index(fields=["workspace", "deal", "moved_on", "id"], name="move_deal")]


class Assignment(models.Model):
    """Who had a lead or deal from when on: history keeps the owner and team of that day.

    Without an owner it lies with the team, until somebody there takes it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(
        Lead,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="assignments",
    )
    deal = models.ForeignKey(
        Deal,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="assignments",
    )
    owner = models.ForeignKey(
        Owner, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_on = models.DateField()
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["from_on", "id"]
        indexes = [
            models.Index(fields=["workspace", "lead", "from_on"], name="assignment_lead"),
            models.Index(fields=["workspace", "deal", "from_on"], name="assignment_deal"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(lead=None, deal__isnull=False)
                | models.Q(lead__isnull=False, deal=None),
                name="assignment_of_one_thing",
            )
        ]
