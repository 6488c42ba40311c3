"""The page that finds messages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET

from chat.services.search import search
from chat.services.search.query import MAX_CHARACTERS, parse
from chat.services.search.snippets import marked, snippet
from web.shell import SignedInRequest, is_partial, show_page, signed_in


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation with the hits of one page that are in it, each with its sentence; `first` says where it is."""

    first: search.Hit
    hits: list[tuple[search.Hit, SafeString]] = field(default_factory=list)


@require_GET
@signed_in
def index(request: SignedInRequest) -> HttpResponse:
    search_text = request.GET.get("q", "").replace("\x00", " ").encode(errors="replace").decode()[:MAX_CHARACTERS]
    sort = "best" if request.GET.get("sort") == "best" else "newest"
    query = parse(search_text)
    cursor = request.GET.get("cursor")
    find = search.search_best if sort == "best" else search.search
    results = find(user=request.user, query=query, cursor=cursor)
    context: dict[str, Any] = {
        "search_text": search_text,
        "sort": sort,
        "faults": query.faults,
        "results": results,
        "chats": by_chat(results.hits, results.terms),
        "titles": []
        if cursor
        else [
            (conversation, marked(conversation.title, results.terms))
            for conversation in search.titles(user=request.user, query=query)
        ],
    }
    status = 422 if query.faults else 200
    if is_partial(request):
        template = "chat/search_hits.html" if cursor else "chat/search_results.html"
        return render(request, template, context, status=status)
    return show_page(request, "chat/search.html", context, status=status)


def by_chat(hits: Sequence[search.Hit], terms: Sequence[str]) -> list[Chat]:
    """Return `hits` by their conversations: these in the order of their first hit, the hits in theirs."""
    chats: dict[Any, Chat] = {}
    for hit in hits:
        chats.setdefault(hit.conversation_id, Chat(hit)).hits.append((hit, snippet(hit.text, terms)))
    return list(chats.values())
