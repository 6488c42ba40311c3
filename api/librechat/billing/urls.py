from django.urls import path

from api.librechat.billing import views

urlpatterns = [
    path("balance", views.BalanceView.as_view(), name="balance"),
    path("admin/users", views.UsersView.as_view(), name="admin_users"),
    path("admin/users/search", views.UserSearchView.as_view(), name="admin_users_search"),
    path("admin/users/<uuid:user_id>/balance", views.UserBalanceView.as_view(), name="admin_user_balance"),
    path("admin/users/<uuid:user_id>/role", views.UserRoleView.as_view(), name="admin_user_role"),
]
