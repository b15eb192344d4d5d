"""Foreign keys lean down: from a room to its own floor or one below."""

from django.apps import apps

FLOORS = [
    {"demo"},
    {"home"},
    {"connectors"},
    {"revenue"},
    {"customers"},
    {"members"},
    {"notices"},
    {"record"},
    {"people"},
    {"kit"},
]
HEIGHT = {room: -number for number, floor in enumerate(FLOORS) for room in floor}


def test_no_foreign_key_points_upwards():
    upwards = [
        f"{model._meta.label}.{field.name} → {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is not None
        and model._meta.app_label in HEIGHT
        and field.related_model._meta.app_label in HEIGHT
        and HEIGHT[model._meta.app_label] < HEIGHT[field.related_model._meta.app_label]
    ]
    assert upwards == []


def test_every_room_with_tables_stands_on_a_floor():
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith("tercet.")}
    assert rooms <= HEIGHT.keys()
