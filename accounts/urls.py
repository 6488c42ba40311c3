"""Signing in and out, under short addresses."""

from allauth.account import views
from django.urls import path

urlpatterns = [
    path("login", views.login, name="account_login"),
    path("register", views.signup, name="account_signup"),
    path("logout", views.logout, name="account_logout"),
    path("account/inactive", views.account_inactive, name="account_inactive"),
    path("account/reauthenticate", views.reauthenticate, name="account_reauthenticate"),
    path("account/password", views.password_change, name="account_change_password"),
    path("account/password/set", views.password_set, name="account_set_password"),
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
