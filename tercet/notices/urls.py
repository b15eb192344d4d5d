from django.urls import path

from tercet.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.notices_page, name="notices_page"),
    path("read/", views.mark_read, name="mark_read"),
    path("unread/", views.mark_unread, name="mark_unread"),
]
