from django.urls import path

from api.librechat.endpoints import keys, views

urlpatterns = [
    path("config", views.ConfigView.as_view(), name="config"),
    path("endpoints", views.EndpointsView.as_view(), name="endpoints"),
    path("endpoints/token-config", views.TokenConfigView.as_view(), name="token_config"),
    path("keys", keys.UserKeysView.as_view(), name="keys"),
    path("keys/<path:name>", keys.UserKeyView.as_view(), name="key"),
    path("models", views.ModelsView.as_view(), name="models"),
    path("admin/users/<uuid:user_id>/models", views.UserModelsView.as_view(), name="admin_user_models"),
]
