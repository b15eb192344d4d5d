from django.urls import path

from tercet.revenue.views import funnel, rows, why

app_name = "revenue"
urlpatterns = [
    path("funnel/", funnel.funnel_page, name="funnel_page"),
    path("why/", why.why_page, name="why_page"),
    path("rows/", rows.rows_page, name="rows_page"),
]
