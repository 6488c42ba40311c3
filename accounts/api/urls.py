from django.urls import path

from accounts.api import recovery, views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view(), name="register"),
    path("auth/login", views.LoginView.as_view(), name="login"),
    path("auth/refresh", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout", views.LogoutView.as_view(), name="logout"),
    path("auth/requestPasswordReset", recovery.RequestResetView.as_view(), name="request_reset"),
    path("auth/resetPassword", recovery.ResetView.as_view(), name="reset"),
    path("user", views.UserView.as_view(), name="user"),
    path("user/verify", recovery.VerifyView.as_view(), name="verify"),
    path("user/verify/resend", recovery.ResendView.as_view(), name="verify_resend"),
]
