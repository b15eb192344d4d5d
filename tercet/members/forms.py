from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from tercet.people.models import FUNCTIONS, ROLES, Invitation, Team, Workspace

HINTS = {
    "viewer": "reads everything",
    "contributor": "also comments and answers what is asked",
    "editor": "also changes shared records and brings data in",
    "admin": "also manages people and the workspace",
}


class DayInput(forms.DateInput):
    input_type = "date"


def roles() -> list[tuple[str, str]]:
    return [(role, f"{label}: {HINTS[role]}") for role, label in ROLES.items()]


def zones() -> list[tuple[str, str]]:
    names = (name for name in available_timezones() if "/" in name or name == "UTC")
    return [(name, name.replace("_", " ")) for name in sorted(names) if not name.startswith("Etc/")]


class InvitationForm(forms.Form):
    email = forms.EmailField(
        label="Mail address",
        required=False,
        help_text="Leave it empty to get a link that you pass on yourself.",
    )
    role = forms.ChoiceField(label="Role", choices=roles, initial="contributor")
    team = forms.ModelChoiceField(
        label="Team", queryset=None, required=False, empty_label="No team yet"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(archived_at=None)  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label="Role", choices=roles)


class LeavingForm(forms.Form):
    on = forms.DateField(label="Leaves on", widget=DayInput())


class TeamForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    function = forms.ChoiceField(
        label="What the team does", choices=lambda: list(FUNCTIONS.items())
    )
    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)


class TeamMoveForm(forms.Form):
    team = forms.ModelChoiceField(label="Into the team", queryset=None, empty_label="Choose a team")
    leaving = forms.ModelChoiceField(
        label="Out of the team", queryset=None, required=False, empty_label="Stays in all others"
    )
    on = forms.DateField(label="From", widget=DayInput())

    def __init__(self, *args: Any, today: date, mine: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, initial={"on": today}, **kwargs)
        teams = Team.objects.filter(archived_at=None)
        ids = [team.pk for team in mine]
        self.fields["team"].queryset = teams.exclude(pk__in=ids)  # type: ignore[attr-defined]
        self.fields["leaving"].queryset = teams.filter(pk__in=ids)  # type: ignore[attr-defined]


class WorkspaceForm(forms.Form):
    """Of a workspace that is being opened; a fresh start's administrator says who they are too."""

    name = forms.CharField(label="What is your company called?", max_length=120)
    time_zone = forms.ChoiceField(label="Time zone", choices=zones, initial="UTC")
    your_name = forms.CharField(label="Your name", max_length=120)
    your_email = forms.EmailField(
        label="Your mail address", help_text="You sign in with it; nothing is sent to it now."
    )

    def __init__(self, *args: Any, asks_who: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_who:
            del self.fields["your_name"], self.fields["your_email"]


class SettingsForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    time_zone = forms.ChoiceField(
        label="Time zone", choices=zones, help_text="Days begin and end by it."
    )
    hides_amounts = forms.BooleanField(
        label="Hide all amounts from viewers",
        required=False,
        help_text="Sums included, on pages and in CSV.",
    )
    live_from = forms.DateField(
        label="Handoffs count from",
        required=False,
        widget=DayInput(),
        help_text="What an import brings from before that day opens nothing in anybody’s week.",
    )

    def __init__(self, *args: Any, workspace: Workspace, **kwargs: Any) -> None:
        self.zone = ZoneInfo(workspace.time_zone)
        initial = {
            "name": workspace.name,
            "time_zone": workspace.time_zone,
            "hides_amounts": workspace.hides_amounts,
            "live_from": workspace.live_from and workspace.live_from.astimezone(self.zone).date(),
        }
        super().__init__(*args, initial=initial, **kwargs)

    def clean_live_from(self) -> datetime | None:
        day = self.cleaned_data["live_from"]
        return day and datetime(day.year, day.month, day.day, tzinfo=self.zone)


class NewAccountForm(forms.Form):
    """Of somebody who follows an invitation and has no account yet."""

    name = forms.CharField(label="Your name", max_length=120)
    email = forms.EmailField(label="Your mail address")
    password = forms.CharField(
        label="Password",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, invitation: Invitation, can_mail: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if invitation.email:
            del self.fields["email"]
        self.fields["password"].required = not can_mail
        self.fields["password"].help_text = "At least 12 characters." + (
            " Leave it empty to sign in by a mailed code." if can_mail else ""
        )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            try:
                validate_password(password)
            except ValidationError as error:
                raise forms.ValidationError(error.messages) from error
        return password
