from django.urls import path

from tercet.customers import views

app_name = "customers"
urlpatterns = [
    path("", views.companies_page, name="companies_page"),
    path("new/", views.add_company, name="add_company"),
    path("contacts/", views.contacts_page, name="contacts_page"),
    path("contacts/<int:contact_id>/", views.contact_page, name="contact_page"),
    path("segments/", views.segments_page, name="segments_page"),
    path("owners/", views.owners_page, name="owners_page"),
    path("owners/<int:owner_id>/", views.owner_page, name="owner_page"),
    path("owners/<int:owner_id>/match/", views.match_owner, name="match_owner"),
    path("undo/<int:event_id>/", views.undo_change, name="undo_change"),
    path("<int:company_id>/", views.company_page, name="company_page"),
    path("<int:company_id>/edit/", views.change_company, name="change_company"),
    path("<int:company_id>/archive/", views.archive_company, name="archive_company"),
]
