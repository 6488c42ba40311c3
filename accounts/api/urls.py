from django.urls import path

from accounts.api import recovery, twofactor, user, views

urlpatterns = [
    path("auth/register", views.RegisterView.as_view(), name="register"),
    path("auth/login", views.LoginView.as_view(), name="login"),
    path("auth/refresh", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout", views.LogoutView.as_view(), name="logout"),
    path("auth/2fa/enable", twofactor.EnableView.as_view(), name="twofactor_enable"),
    path("auth/2fa/verify", twofactor.VerifyView.as_view(), name="twofactor_verify"),
    path("auth/2fa/confirm", twofactor.ConfirmView.as_view(), name="twofactor_confirm"),
    path("auth/2fa/disable", twofactor.DisableView.as_view(), name="twofactor_disable"),
    path("auth/2fa/backup/regenerate", twofactor.RegenerateView.as_view(), name="twofactor_regenerate"),
    path("auth/2fa/verify-temp", twofactor.VerifyTempView.as_view(), name="twofactor_temp"),
    path("auth/requestPasswordReset", recovery.RequestResetView.as_view(), name="request_reset"),
    path("auth/resetPassword", recovery.ResetView.as_view(), name="reset"),
    path("user", views.UserView.as_view(), name="user"),
    path("user/terms", user.TermsView.as_view(), name="terms"),
    path("user/terms/accept", user.AcceptTermsView.as_view(), name="terms_accept"),
    path("user/delete", user.DeleteView.as_view(), name="user_delete"),
    path("user/verify", recovery.VerifyView.as_view(), name="verify"),
    path("user/verify/resend", recovery.ResendView.as_view(), name="verify_resend"),
]
