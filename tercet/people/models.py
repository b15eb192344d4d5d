"""Who is here: workspaces, teams, people, and what a person may do in a workspace."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django_scopes import ScopedManager

FUNCTIONS = {
    "product": "Product",
    "marketing": "Marketing",
    "sales": "Sales",
    "service": "Service",
    "engineering": "Engineering",
    "operations": "Operations",
    "finance": "Finance",
    "leadership": "Leadership",
}
ROLES = {
    "viewer": "Viewer",
    "contributor": "Contributor",
    "editor": "Editor",
    "admin": "Administrator",
}


class Workspace(models.Model):
    """A company's space. Nothing in it is seen from another one."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(max_length=60, default="UTC")
    locale = models.CharField(max_length=10, default="en")
    live_from = models.DateTimeField(null=True, blank=True)
    is_demo = models.BooleanField(default=False)
    fixed_today = models.DateField(null=True, blank=True)
    hides_amounts = models.BooleanField(default=False)
    change_count = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> str:
        return self.time_zone

    def mark_changed(self) -> None:
        """Move the counter that polls compare and snapshots are named by."""
        Workspace.objects.filter(pk=self.pk).update(change_count=F("change_count") + 1)


class Team(models.Model):
    """People who work on the same function's goals."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="teams")
    name = models.CharField(max_length=120)
    function = models.CharField(max_length=20)
    archived_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    import_id = models.BigIntegerField(null=True, blank=True, db_index=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "name"], name="team_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def function_label(self) -> str:
        return FUNCTIONS.get(self.function, self.function)


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password) if password else person.set_unusable_password()
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody who signs in. What they may do is said by their members, one per workspace."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)
    mail_proven_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = ["name"]

    objects = PersonManager()

    # allauth and django.contrib.auth ask for these; Tercet has no site-wide rights.
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return self.name or self.email

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def get_full_name(self) -> str:
        return self.name

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in str(self).split()[:2]).upper()

    @property
    def is_made_up(self) -> bool:
        """The administrator of a fresh start, who has not said who they are."""
        return self.email.endswith("@localhost")


class MemberQuerySet(models.QuerySet["Member"]):
    def active_on(self, day: date) -> "MemberQuerySet":
        return self.filter(Q(left_on=None) | Q(left_on__gt=day))


class Member(models.Model):
    """A person in a workspace, with a role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="members")
    role = models.CharField(max_length=20)
    title = models.CharField(max_length=120, blank=True)
    joined_on = models.DateField()
    left_on = models.DateField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    objects = ScopedManager(
        workspace="workspace", _manager_class=MemberQuerySet.as_manager().__class__
    )

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "person"], name="member_once")]

    def __str__(self) -> str:
        return str(self.person)

    @property
    def role_label(self) -> str:
        return ROLES.get(self.role, self.role)

    def has_left(self, today: date) -> bool:
        return self.left_on is not None and self.left_on <= today

    def teams_on(self, day: date) -> models.QuerySet[Team]:
        return Team.objects.filter(
            Q(memberships__to_on=None) | Q(memberships__to_on__gt=day),
            memberships__member=self,
            memberships__from_on__lte=day,
        ).distinct()


class TeamMembership(models.Model):
    """A member in a team from a day until a day; people move, history keeps where they were."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["from_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(to_on=None) | Q(to_on__gte=F("from_on")),
                name="membership_ends_after",
            ),
            models.UniqueConstraint(
                fields=["member", "team"],
                condition=Q(to_on=None),
                name="membership_open_once",
            ),
        ]


class Invitation(models.Model):
    """A way in for one person, by mail or by link: one use, one workspace, one role."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=20)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        Member, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ScopedManager(workspace="workspace")

    class Meta:
        ordering = ["-created_at", "-id"]

    def is_open(self, now: datetime) -> bool:
        return self.accepted_at is None and self.revoked_at is None and self.expires_at > now


class SignInLink(models.Model):
    """A one-time way in without a mail server: printed by `bin/run` and `tercet sign-in-link`."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class SharedCount(models.Model):
    """What all web processes count together for a while: sign-in attempts, in Django's cache."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)
