from django.urls import URLPattern, path

from api.librechat.accounts import (
    access_lists,
    admin_audit,
    admin_groups,
    admin_roles,
    admin_session,
    keys,
    recovery,
    twofactor,
    user,
    views,
)

_admin: list[URLPattern] = [
    path("admin/login/local", admin_session.AdminLoginView.as_view(), name="admin_login"),
    path("admin/verify", admin_session.AdminVerifyView.as_view(), name="admin_verify"),
    path("admin/oauth/openid/check", admin_session.OpenIdCheckView.as_view(), name="admin_openid_check"),
    path("admin/roles", admin_roles.RolesView.as_view(), name="admin_roles"),
    path("admin/roles/<str:name>", admin_roles.RoleView.as_view(), name="admin_role"),
    path("admin/roles/<str:name>/permissions", admin_roles.RolePermissionsView.as_view(), name="admin_permissions"),
    path("admin/roles/<str:name>/members", admin_roles.RoleMembersView.as_view(), name="admin_role_members"),
    path(
        "admin/roles/<str:name>/members/<uuid:user_id>", admin_roles.RoleMemberView.as_view(), name="admin_role_member"
    ),
    path("admin/groups", admin_groups.GroupsView.as_view(), name="admin_groups"),
    path("admin/groups/<uuid:group_id>", admin_groups.GroupView.as_view(), name="admin_group"),
    path("admin/groups/<uuid:group_id>/members", admin_groups.GroupMembersView.as_view(), name="admin_group_members"),
    path(
        "admin/groups/<uuid:group_id>/members/<uuid:user_id>",
        admin_groups.GroupMemberView.as_view(),
        name="admin_group_member",
    ),
    path("admin/grants", admin_audit.GrantsView.as_view(), name="admin_grants"),
    path("admin/grants/effective", admin_audit.EffectiveGrantsView.as_view(), name="admin_grants_effective"),
    path(
        "admin/grants/<str:principal>/<str:principal_id>",
        admin_audit.PrincipalGrantsView.as_view(),
        name="admin_grants_of",
    ),
    path(
        "admin/grants/<str:principal>/<str:principal_id>/<str:capability>",
        admin_audit.GrantView.as_view(),
        name="admin_grant",
    ),
    path("admin/audit-log", admin_audit.AuditLogView.as_view(), name="admin_audit_log"),
    path("admin/audit-log/verify", admin_audit.AuditVerifyView.as_view(), name="admin_audit_verify"),
    path("admin/audit-log/export.csv", admin_audit.AuditExportView.as_view(), name="admin_audit_export"),
    path("admin/audit-log/<int:seq>", admin_audit.AuditEntryView.as_view(), name="admin_audit_entry"),
]
_permissions: list[URLPattern] = [
    path("permissions/search-principals", access_lists.PrincipalsView.as_view(), name="permissions_search"),
    path("permissions/<slug:resource>/roles", access_lists.RolesOfKindView.as_view(), name="permissions_roles"),
    path(
        "permissions/<slug:resource>/effective/all",
        access_lists.AllEffectiveView.as_view(),
        name="permissions_effective_all",
    ),
    path(
        "permissions/<slug:resource>/<uuid:resource_id>/effective",
        access_lists.EffectiveView.as_view(),
        name="permissions_effective",
    ),
    path("permissions/<slug:resource>/<uuid:resource_id>", access_lists.AccessListView.as_view(), name="permissions"),
]
urlpatterns = [
    path("auth/register", views.RegisterView.as_view(), name="register"),
    path("auth/login", views.LoginView.as_view(), name="login"),
    path("auth/refresh", views.RefreshView.as_view(), name="refresh"),
    path("auth/logout", views.LogoutView.as_view(), name="logout"),
    path("auth/2fa/enable", twofactor.EnableView.as_view(), name="twofactor_enable"),
    path("auth/2fa/verify", twofactor.VerifyCodeView.as_view(), name="twofactor_verify"),
    path("auth/2fa/confirm", twofactor.ConfirmView.as_view(), name="twofactor_confirm"),
    path("auth/2fa/disable", twofactor.DisableView.as_view(), name="twofactor_disable"),
    path("auth/2fa/backup/regenerate", twofactor.RegenerateView.as_view(), name="twofactor_regenerate"),
    path("auth/2fa/verify-temp", twofactor.VerifyTempView.as_view(), name="twofactor_temp"),
    path("auth/requestPasswordReset", recovery.RequestResetView.as_view(), name="request_reset"),
    path("auth/resetPassword", recovery.ResetView.as_view(), name="reset"),
    path("user", views.UserView.as_view(), name="user"),
    path("roles/<str:name>", admin_roles.OwnRoleView.as_view(), name="role"),
    path("roles/<str:name>/<slug:kind>", admin_roles.RoleTypeView.as_view(), name="role_type"),
    path("user/terms", user.TermsView.as_view(), name="terms"),
    path("user/terms/accept", user.AcceptTermsView.as_view(), name="terms_accept"),
    path("user/delete", user.DeleteView.as_view(), name="user_delete"),
    path("user/verify", recovery.VerifyEmailView.as_view(), name="verify"),
    path("user/verify/resend", recovery.ResendView.as_view(), name="verify_resend"),
    path("banner", views.BannerView.as_view(), name="banner"),
    path("api-keys", keys.KeysView.as_view(), name="api_keys"),
    path("api-keys/<uuid:key_id>", keys.KeyView.as_view(), name="api_key"),
    *_admin,
    *_permissions,
]
