"""Results of tools of which the thread shows only the beginning."""

import base64
import binascii
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET

from chat.services import results
from messages.parts import Image, text_of_result
from web.presenters import ResultView
from web.shell import SignedInRequest, signed_in

PICTURES = {"image/png", "image/jpeg", "image/gif", "image/webp"}


@require_GET
@signed_in
def whole(request: SignedInRequest, key: UUID) -> HttpResponse:
    """All of a result: a picture as itself, anything else as text; for htmx as the tool's card shows it."""
    part = results.read(request.user, key)
    if isinstance(part, Image):
        return _picture(part)
    if request.headers.get("HX-Request"):
        return render(request, "chat/parts/whole_result.html", {"part": ResultView(0, part, mark_safe(""))})
    return HttpResponse(text_of_result(part), content_type="text/plain; charset=utf-8")


def _picture(part: Image) -> HttpResponse:
    try:
        data = base64.b64decode(part.data, validate=True)
    except binascii.Error:
        data = b""
    if part.mime not in PICTURES or not data:
        raise Http404("This is no picture that can be shown.")
    return HttpResponse(data, content_type=part.mime)
