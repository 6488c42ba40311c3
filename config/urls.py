"""Every address of the site; each app keeps its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config import views
from config.api_urls import nothing_here

urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", views.favicon, name="favicon"),
    path("robots.txt", views.robots, name="robots"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("admin/", include("chat.admin_pages")),
    path("admin/", include("endpoints.admin_pages")),
    path("admin/", admin.site.urls),
    re_path(r"^api$", nothing_here),
    path("api/", include("config.api_urls")),
    path("", include("accounts.urls")),
    path("", include("chat.urls")),
]

handler500 = "config.errors.server_error"
