"""A person's export of their own data."""

import tempfile

from allauth.account.decorators import reauthentication_required
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.services.erasure import export_person
from core import rate_limits
from web.shell import SignedInRequest, show_page, signed_in

IN_MEMORY = 5_000_000  # bytes; what is larger is written to a file first


@require_http_methods(["GET", "POST"])
@signed_in
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def export(request: SignedInRequest) -> HttpResponseBase:
    """A ZIP of JSON with everything stored about the person, for who has just shown that it is them."""
    if request.method == "GET":
        return show_page(request, "chat/export.html", {})
    rate_limits.count(rate_limits.named("export"), str(request.user.id))
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the response closes it)
    export_person(request.user, file)  # type: ignore[arg-type]
    file.seek(0)
    name = f"parley-{timezone.localdate():%Y-%m-%d}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
