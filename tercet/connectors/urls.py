from django.urls import path

from tercet.connectors import views

app_name = "connectors"
urlpatterns = [
    path("", views.imports_page, name="imports_page"),
    path("new/", views.upload_file, name="upload_file"),
    path("<int:import_id>/", views.import_page, name="import_page"),
    path("<int:import_id>/columns/", views.plan_import, name="plan_import"),
    path("<int:import_id>/kind/", views.choose_kind, name="choose_kind"),
    path("<int:import_id>/try/", views.start_dry_run, name="start_dry_run"),
    path("<int:import_id>/start/", views.start_import, name="start_import"),
    path("<int:import_id>/cancel/", views.cancel_import, name="cancel_import"),
    path("<int:import_id>/undo/", views.undo_import, name="undo_import"),
    path("<int:import_id>/refused.csv", views.refused_rows, name="refused_rows"),
]
