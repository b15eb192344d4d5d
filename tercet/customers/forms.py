from typing import Any

from django import forms

from tercet.customers.models import STATES, Segment
from tercet.people.models import Member


class CompanyForm(forms.Form):
    name = forms.CharField(label="Name", max_length=300)
    domain = forms.CharField(
        label="Domain",
        max_length=253,
        required=False,
        help_text="Such as harbour.example. An import finds the company by it.",
    )
    state = forms.ChoiceField(label="State", choices=lambda: list(STATES.items()))
    segment = forms.ModelChoiceField(
        label="Segment", queryset=None, required=False, empty_label="None"
    )
    version = forms.IntegerField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["segment"].queryset = Segment.objects.all()  # type: ignore[attr-defined]


class MatchForm(forms.Form):
    member = forms.ModelChoiceField(
        label="Is in this workspace", queryset=None, required=False, empty_label="Nobody here"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = Member.objects.select_related("person")
        self.fields["member"].queryset = members  # type: ignore[attr-defined]
