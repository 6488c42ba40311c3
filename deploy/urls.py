from django.urls import path

from deploy import views

urlpatterns = [
    path("health", views.alive, name="health"),
    path("livez", views.alive, name="livez"),
    path("readyz", views.ready, name="readyz"),
]
