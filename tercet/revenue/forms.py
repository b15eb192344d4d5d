"""The form in which a workspace says how it counts. It only reads; the command changes."""

import calendar
from decimal import Decimal
from typing import Any

from django import forms

from tercet.kit.money import CURRENCIES, MoneyError, exponent, read_money, to_major
from tercet.revenue.models import AMOUNT_MEANINGS, DEAL_TYPES, STEPS, Settings, Stage

MONTHS = [(n, calendar.month_name[n]) for n in range(1, 13)]
DAYS = [(str(n), calendar.day_name[n - 1]) for n in range(1, 8)]
MOST_LINES = 200


class Lines(forms.CharField):
    """One entry a line, without blank ones."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        found = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
        if len(found) > MOST_LINES:
            raise forms.ValidationError(f"These are {len(found)} lines; at most {MOST_LINES} fit.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class SettingsForm(forms.Form):
    fiscal_year_start_month = forms.TypedChoiceField(
        label="Fiscal year starts in", choices=MONTHS, coerce=int
    )
    currency = forms.ChoiceField(
        label="Currency",
        required=False,
        help_text="Figures in money are in this one; amounts in others are left out and said so.",
    )
    amount_meaning = forms.ChoiceField(
        label="A deal’s amount is", choices=list(AMOUNT_MEANINGS.items())
    )
    working_days = forms.MultipleChoiceField(label="Working days", choices=DAYS)
    work_starts_at = forms.TimeField(label="Work starts at")
    work_ends_at = forms.TimeField(label="Work ends at")
    first_contact_due_hours = forms.IntegerField(
        label="A lead is called within",
        min_value=1,
        max_value=500,
        help_text="Working hours from its assignment.",
    )
    goal = forms.CharField(
        label="Revenue goal of a quarter", required=False, help_text="Such as 600,000."
    )
    marketing_share_percent = forms.IntegerField(
        label="Marketing’s share of it", required=False, min_value=1, max_value=100
    )
    pipelines_that_count = forms.MultipleChoiceField(label="Pipelines that count", required=False)
    deal_types_that_count = forms.MultipleChoiceField(
        label="Deal types that count", required=False, choices=list(DEAL_TYPES.items())
    )
    leave_out_names = Lines(
        label="Leave out by name",
        required=False,
        help_text="One a line; * stands for anything, such as *test*.",
    )
    leave_out_domains = Lines(
        label="Leave out by mail or company domain",
        required=False,
        help_text="One a line, such as our own: quay.example.",
    )

    def __init__(self, *args: Any, settings: Settings, stages: list[Stage], **kwargs: Any) -> None:
        self.settings, self.stages = settings, stages
        super().__init__(*args, initial=_initial(settings), **kwargs)
        known = sorted({settings.currency, *CURRENCIES} - {""})
        self.fields["currency"].choices = [("", "Not chosen"), *((c, c) for c in known)]
        pipelines = sorted({stage.pipeline for stage in stages})
        self.fields["pipelines_that_count"].choices = [
            (p, p or "Without a name") for p in pipelines
        ]
        for stage in stages:
            self.fields[f"step-{stage.pk}"] = forms.ChoiceField(
                label=stage.name, choices=list(STEPS.items()), initial=stage.step
            )

    @property
    def by_pipeline(self) -> list[tuple[str, list[Any]]]:
        """The stages’ fields under their pipeline."""
        found: dict[str, list[Any]] = {}
        for stage in self.stages:
            name = stage.pipeline or "Stages without a pipeline"
            found.setdefault(name, []).append(self[f"step-{stage.pk}"])
        return list(found.items())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("goal"):
            self._read_goal(cleaned)
        return cleaned

    def _read_goal(self, cleaned: dict[str, Any]) -> None:
        currency = cleaned.get("currency")
        if not currency:
            self.add_error("currency", "A goal needs its currency.")
            return
        text = (
            str(cleaned["goal"]).replace(",", "") if "." not in cleaned["goal"] else cleaned["goal"]
        )
        try:
            cleaned["revenue_goal_minor"] = read_money(text, currency=currency, decimal=".").minor
        except MoneyError as error:
            self.add_error("goal", str(error))

    @property
    def changes(self) -> dict[str, Any]:
        """The arguments of the command."""
        cleaned = self.cleaned_data
        names = [
            *("fiscal_year_start_month", "currency", "amount_meaning", "work_starts_at"),
            *("work_ends_at", "first_contact_due_hours", "marketing_share_percent"),
            *("pipelines_that_count", "deal_types_that_count", "leave_out_names"),
            "leave_out_domains",
        ]
        return {
            **{name: cleaned[name] for name in names},
            "working_days": "".join(sorted(cleaned["working_days"])),
            "revenue_goal_minor": cleaned.get("revenue_goal_minor"),
            "steps": {stage.pk: cleaned[f"step-{stage.pk}"] for stage in self.stages},
        }


def _initial(settings: Settings) -> dict[str, Any]:
    found = {field.name: getattr(settings, field.name) for field in Settings._meta.fields}
    found["working_days"] = list(settings.working_days)
    found["goal"] = _goal(settings)
    for name in ("work_starts_at", "work_ends_at"):
        found[name] = str(found[name])[:5]
    return found


def _goal(settings: Settings) -> str:
    if settings.revenue_goal_minor is None or not settings.currency:
        return ""
    major = to_major(settings.revenue_goal_minor, settings.currency)
    places = exponent(settings.currency) if major != major.to_integral_value() else 0
    return f"{major.quantize(Decimal(1).scaleb(-places)):,}"
