"""Signing in and out, under short addresses."""

from allauth.account import views
from django.conf import settings
from django.urls import path

from accounts import views as own
from accounts.identity import views as identity

urlpatterns = [
    path("login", own.login, name="account_login"),
    path("register", views.signup, name="account_signup"),
    path("logout", own.logout, name="account_logout"),
    path("account/inactive", views.account_inactive, name="account_inactive"),
    path("account/reauthenticate", views.reauthenticate, name="account_reauthenticate"),
    path("account/password", views.password_change, name="account_change_password"),
    path("account/password/set", own.password_set, name="account_set_password"),
    path("account/password/reset", views.password_reset, name="account_reset_password"),
    path("account/password/reset/done", views.password_reset_done, name="account_reset_password_done"),
    path(
        "account/password/reset/<str:uidb36>-<str:key>",
        views.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/reset/key/done",
        views.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

# Through others. Where the environment names another address to come back to, that one works too.
urlpatterns += [
    path("oauth/error", identity.error, name="oauth_error"),
    path("oauth/<slug:provider>", identity.start, name="oauth_start"),
    path("oauth/apple/callback", identity.apple_callback, {"provider": "apple"}, name="apple_finish"),
    path("oauth/saml/callback", identity.saml_callback, {"provider": "saml"}, name="saml_finish"),
    path("oauth/<slug:provider>/callback", identity.callback, name="oauth_callback"),
    *(
        path(provider.callback.lstrip("/"), identity.BACK.get(key, identity.callback), {"provider": key})
        for key, provider in settings.IDENTITY_PROVIDERS.items()
        if provider.callback != f"/oauth/{key}/callback"
    ),
]
