from django.urls import path

from tercet.members import views

app_name = "members"
urlpatterns = [
    path("", views.members_page, name="members_page"),
    path("invite/", views.invite_member, name="invite_member"),
    path(
        "invitations/<int:invitation_id>/revoke/",
        views.revoke_invitation,
        name="revoke_invitation",
    ),
    path("settings/", views.change_workspace, name="change_workspace"),
    path("teams/", views.teams_page, name="teams_page"),
    path("teams/new/", views.add_team, name="add_team"),
    path("teams/<int:team_id>/", views.change_team, name="change_team"),
    path("teams/<int:team_id>/archive/", views.archive_team, name="archive_team"),
    path("teams/<int:team_id>/restore/", views.restore_team, name="restore_team"),
    path("undo/<int:event_id>/", views.undo_change, name="undo_change"),
    path("<int:member_id>/", views.member_page, name="member_page"),
    path("<int:member_id>/role/", views.change_role, name="change_role"),
    path("<int:member_id>/end/", views.end_member, name="end_member"),
    path("<int:member_id>/return/", views.bring_back_member, name="bring_back_member"),
    path("<int:member_id>/teams/", views.join_team, name="join_team"),
    path("<int:member_id>/teams/<int:membership_id>/leave/", views.leave_team, name="leave_team"),
]
