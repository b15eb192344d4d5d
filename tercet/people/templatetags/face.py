"""Puts allauth's pages, which are Django templates, into the frame of all other pages."""

from typing import Any

from django import template
from django.forms import BoundField
from django.template import engines
from django.utils.safestring import SafeString

from tercet.kit import toasts
from tercet.kit.icons import icon as kit_icon

register = template.Library()


@register.simple_tag(takes_context=True)
def frame(context: template.Context, title: str, content: SafeString) -> SafeString:
    """The whole page around `content`, which the engine has escaped already."""
    request = context["request"]
    page = engines["jinja2"].env.get_template("people/frame.html")  # type: ignore[attr-defined]
    drawn = page.render(
        request=request,
        title=title.strip(),
        content=content,
        said=[one.text for one in toasts.waiting(request)],
    )
    return SafeString(drawn)


@register.simple_tag
def icon(name: str) -> SafeString:
    return SafeString(kit_icon(name))


@register.simple_tag
def kit_field(field: BoundField) -> SafeString:
    """A form's field as the kit draws it."""
    forms: Any = engines["jinja2"].env.get_template("kit/forms.html").module  # type: ignore[attr-defined]
    autocomplete = str(field.field.widget.attrs.get("autocomplete", ""))
    return SafeString(forms.bound(field=field, autocomplete=autocomplete))
