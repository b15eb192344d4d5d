"""All routes. A workspace's pages live under its slug; what stands before it is reserved."""

from django.urls import include, path, register_converter

from tercet.people.urls import WorkspaceSlug

register_converter(WorkspaceSlug, "workspace")

urlpatterns = [
    path("", include("tercet.people.urls")),
    path("", include("tercet.members.entrance")),
    path("account/", include("allauth.account.urls")),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("<workspace:slug>/", include("tercet.home.urls")),
    path("<workspace:slug>/members/", include("tercet.members.urls")),
    path("<workspace:slug>/notices/", include("tercet.notices.urls")),
    path("<workspace:slug>/customers/", include("tercet.customers.urls")),
    path("<workspace:slug>/revenue/", include("tercet.revenue.urls")),
    path("<workspace:slug>/imports/", include("tercet.connectors.urls")),
]

handler400 = "tercet.kit.errors.bad_request"
handler403 = "tercet.kit.errors.forbidden"
handler404 = "tercet.kit.errors.not_found"
handler500 = "tercet.kit.errors.broken"
