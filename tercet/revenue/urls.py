from django.urls import path

from tercet.revenue.views import (
    funnel,
    health,
    lists,
    reassign,
    rows,
    service_level,
    settings,
    why,
)

app_name = "revenue"
urlpatterns = [
    path("funnel/", funnel.funnel_page, name="funnel_page"),
    path("why/", why.why_page, name="why_page"),
    path("service-level/", service_level.service_level_page, name="service_level_page"),
    path("rows/", rows.rows_page, name="rows_page"),
    path("leads/", lists.leads_page, name="leads_page"),
    path("leads/<int:lead_id>/", lists.lead_page, name="lead_page"),
    path("deals/", lists.deals_page, name="deals_page"),
    path("deals/<int:deal_id>/", lists.deal_page, name="deal_page"),
    path("campaigns/", lists.campaigns_page, name="campaigns_page"),
    path("campaigns/<int:campaign_id>/", lists.campaign_page, name="campaign_page"),
    path("products/", lists.products_page, name="products_page"),
    path("products/<int:product_id>/", lists.product_page, name="product_page"),
    path("to-mend/", health.health_page, name="health_page"),
    path("to-mend/<slug:check>/", health.health_rows_page, name="health_rows_page"),
    path("reassign/", reassign.reassign_page, name="reassign_page"),
    path("reassign/leads/", reassign.reassign_leads, name="reassign_leads"),
    path("reassign/deals/", reassign.reassign_deals, name="reassign_deals"),
    path(
        "reassign/<int:event_id>/undo/",
        reassign.undo_reassignment,
        name="undo_reassignment",
    ),
    path("settings/", settings.settings_page, name="settings_page"),
    path("settings/change/", settings.change_settings, name="change_settings"),
]
