"""The page that finds messages."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts import limits
from chat.rendering.snippets import marked, snippet
from chat.services import search
from chat.services.refusal import TurnRefused
from chat.services.search_query import LONGEST, parse
from chat.views.shell import SignedIn, is_partial, show_page, show_refusal, signed_in


@require_GET
@signed_in
def index(request: SignedIn) -> HttpResponse:
    words = request.GET.get("q", "").replace("\x00", " ").encode(errors="replace").decode()[:LONGEST]
    query = parse(words)
    cursor = request.GET.get("cursor")
    try:
        found = search.search(user=request.user, query=query, cursor=cursor)
    except limits.TooOften as fault:
        return show_refusal(request, TurnRefused(fault.message, status=429))
    context: dict[str, Any] = {
        "words": words,
        "faults": query.faults,
        "found": found,
        "hits": [(hit, snippet(hit.text, found.terms)) for hit in found.hits],
        "titles": []
        if cursor
        else [(each, marked(each.title, found.terms)) for each in search.titles(user=request.user, query=query)],
    }
    status = 422 if query.faults else 200
    if is_partial(request):
        template = "chat/search_hits.html" if cursor else "chat/search_results.html"
        return render(request, template, context, status=status)
    return show_page(request, "chat/search.html", context, status=status)
