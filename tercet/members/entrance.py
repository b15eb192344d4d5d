"""The routes that stand before any workspace: joining one, opening one."""

from django.urls import path

from tercet.members import views

urlpatterns = [
    path("join/<str:token>", views.join, name="join"),
    path("new/", views.open_workspace, name="open_workspace"),
]
