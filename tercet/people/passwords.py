from django.core.exceptions import ValidationError

LONGEST = 128


class MaximumLengthValidator:
    """A password of megabytes would keep the hash function busy for everybody else."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"Use at most {LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"At most {LONGEST} characters."
