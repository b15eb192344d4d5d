from django.urls import path

from tercet.home import views

app_name = "home"
urlpatterns = [
    path("", views.my_week_page, name="my_week_page"),
    path("search/", views.search, name="search"),
    path("palette/", views.palette, name="palette"),
    path("activity/", views.activity_page, name="activity_page"),
    path("system/", views.system_page, name="system_page"),
    path("system/jobs/<int:job_id>/retry/", views.retry_job, name="retry_job"),
    path("outbox/", views.outbox_page, name="outbox_page"),
    path("measured/", views.measured_page, name="measured_page"),
    path("handoffs/<int:handoff_id>/answer/", views.answer_handoff, name="answer_handoff"),
    path("handoffs/<int:handoff_id>/finish/", views.finish_handoff, name="finish_handoff"),
    path("undo/<int:event_id>/", views.undo_change, name="undo_change"),
    path("about/<str:kind>/<int:thing_id>/comments/", views.add_comment, name="add_comment"),
    path("about/<str:kind>/<int:thing_id>/follow/", views.follow, name="follow"),
    path("about/<str:kind>/<int:thing_id>/unfollow/", views.unfollow, name="unfollow"),
    path("comments/<int:comment_id>/archive/", views.archive_comment, name="archive_comment"),
    path("go/<str:source>/<str:kind>/<path:external_id>", views.go, name="go"),
]
