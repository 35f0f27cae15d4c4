"""The addresses of signing in and of the settings."""

from django.urls import URLPattern, path

from workspaces import passkey_pages, password_pages, second_factor_pages, views

urlpatterns: list[URLPattern] = [
    path("sign-in", views.sign_in, name="sign_in"),
    path("sign-in/forgotten", password_pages.forgotten, name="forgotten_password"),
    path("sign-in/reset/<str:number>/<str:token>", password_pages.reset, name="reset_password"),
    path("sign-in/passkey", passkey_pages.sign_in, name="sign_in_with_passkey"),
    path("sign-in/second-factor", second_factor_pages.sign_in, name="second_factor"),
    path("sign-out", views.sign_out, name="sign_out"),
    path("invitations/<str:token>", views.invitation, name="invitation"),
    path("settings/members", views.members, name="members"),
    path("settings/members/<int:membership_id>", views.change_member, name="change_member"),
    path("settings/invitations/<int:invitation_id>", views.withdraw_invitation, name="withdraw_invitation"),
    path("settings/tokens", views.tokens, name="api_tokens"),
    path("settings/tokens/<int:token_id>", views.revoke_token, name="revoke_token"),
    path("settings/audit", views.audit_log, name="audit_log"),
    path("settings/account", views.account, name="account"),
    path("settings/identities/<int:identity_id>", views.disconnect_identity, name="disconnect_identity"),
    path("settings/passkeys", passkey_pages.add, name="add_passkey"),
    path("settings/passkeys/<int:passkey_id>", passkey_pages.remove, name="remove_passkey"),
    path("settings/second-factor", second_factor_pages.settings_page, name="second_factor_settings"),
    path("settings/second-factor/off", second_factor_pages.turn_off, name="turn_off_second_factor"),
    path("settings/second-factor/codes", second_factor_pages.renew_codes, name="renew_recovery_codes"),
    path("settings/second-factor/everyone", second_factor_pages.require, name="require_second_factor"),
    path("settings/sessions", views.end_other_sessions, name="end_other_sessions"),
    path("settings/sessions/<int:session_id>", views.end_session, name="end_session"),
    path("settings/workspaces", views.new_workspace, name="new_workspace"),
    path("settings/workspace", views.choose_workspace, name="choose_workspace"),
]
