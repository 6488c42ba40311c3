from django.urls import path

from accounts.api import views

urlpatterns = [
    path("user", views.UserView.as_view(), name="user"),
]
