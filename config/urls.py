"""The site's URLs; each app has its own."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from config.api_urls import nothing_here
from web.views import site

urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", site.favicon, name="favicon"),
    path("robots.txt", site.robots, name="robots"),
    path("manifest.webmanifest", site.manifest, name="manifest"),
    path("admin/", include("web.admin_pages.overview")),
    path("admin/", include("web.admin_pages.models")),
    path("admin/", admin.site.urls),
    re_path(r"^api$", nothing_here),
    path("api/", include("config.api_urls")),
    path("", include("web.urls.accounts")),
    path("", include("web.urls.chat")),
]

handler500 = "core.http.errors.server_error"
