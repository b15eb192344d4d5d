"""allauth's forms with a limit on what is hashed, and the few forms of our own."""

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils import timezone

from tercet.people import commands
from tercet.people.passwords import LONGEST

MAIL = "Mail address"


class _ShortPasswords:
    """A password of megabytes is refused as text, before anything is hashed."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field.widget, forms.PasswordInput) and isinstance(field, forms.CharField):
                field.max_length = LONGEST
                field.validators.append(_not_too_long)


def _not_too_long(value: str) -> None:
    if len(value) > LONGEST:
        raise forms.ValidationError(f"Use at most {LONGEST} characters.", code="password_too_long")


class RequestCodeForm(allauth_forms.RequestLoginCodeForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = MAIL


class ForgottenPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = MAIL


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """Long passwords are the adapter's: here they must look like any other wrong one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = MAIL
        self.fields["password"].help_text = ""


class ChangePasswordForm(_ShortPasswords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].help_text = ""


class SetPasswordForm(_ShortPasswords, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_ShortPasswords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """Its link came by mail, so whoever has it owns the mailbox."""

    def save(self) -> None:
        super().save()
        commands.vouch_for_mail(self.user, now=timezone.now())


class ReauthenticateForm(_ShortPasswords, allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    pass


class NameForm(forms.Form):
    name = forms.CharField(label="Your name", max_length=120)
