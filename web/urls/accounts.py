"""URLs of sign-in and sign-out."""

from allauth.account import views
from allauth.mfa.base import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkey
from django.conf import settings
from django.urls import path

from web.views.accounts import entry, identity, invitation, own, recovery, security

urlpatterns = [
    path("login", entry.login, name="account_login"),
    path("login/code", codes.authenticate, name="mfa_authenticate"),
    path("login/passkey", passkey.login_webauthn, name="mfa_login_webauthn"),
    path("register", entry.signup, name="account_signup"),
    path("logout", entry.logout, name="account_logout"),
    path("account/inactive", views.account_inactive, name="account_inactive"),
    path("account/reauthenticate", views.reauthenticate, name="account_reauthenticate"),
    path("account/reauthenticate/code", codes.reauthenticate, name="mfa_reauthenticate"),
    path("account/reauthenticate/passkey", passkey.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/password", views.password_change, name="account_change_password"),
    path("account/password/set", entry.password_set, name="account_set_password"),
    path("account/password/reset", recovery.ask, name="account_reset_password"),
    path("account/password/reset/done", recovery.asked, name="account_reset_password_done"),
    path("reset-password", recovery.reset, name="account_reset_password_from_key"),
    path("verify", recovery.verify, name="account_verify"),
    path("verify/sent", recovery.verification_sent, name="account_email_verification_sent"),
    path("invitation", invitation.accept, name="account_invitation"),
    path("account/security", security.security, name="account_security"),
    # The library leads back to its own lists, which are all on that page.
    path("account/security", security.security, name="mfa_index"),
    path("account/security", security.security, name="mfa_list_webauthn"),
    path("account/sessions", own.sessions, name="account_sessions"),
    path("account/delete", own.delete, name="account_delete"),
    path("account/deleted", own.deleted, name="account_deleted"),
    path("account/terms", own.terms, name="account_terms"),
    path("account/waiting", own.waiting, name="account_waiting"),
    path("account/app", security.AppView.as_view(), name="mfa_activate_totp"),
    path("account/app/remove", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/recovery-codes", security.recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/recovery-codes", security.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/passkeys/add", security.PasskeyView.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>", passkey.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove", passkey.remove_webauthn, name="mfa_remove_webauthn"),
]

# Through others. Where the environment names another address to come back to, that one works too.
urlpatterns += [
    path("oauth/error", identity.error, name="oauth_error"),
    path("oauth/<slug:provider>", identity.start, name="oauth_start"),
    path("oauth/apple/callback", identity.apple_callback, {"provider": "apple"}, name="apple_finish"),
    path("oauth/saml/callback", identity.saml_callback, {"provider": "saml"}, name="saml_finish"),
    path("oauth/saml/metadata", identity.saml_metadata, name="saml_metadata"),
    path("oauth/<slug:provider>/callback", identity.callback, name="oauth_callback"),
    *(
        path(provider.callback.lstrip("/"), identity.BACK.get(key, identity.callback), {"provider": key})
        for key, provider in settings.IDENTITY_PROVIDERS.items()
        if provider.callback != f"/oauth/{key}/callback"
    ),
]
