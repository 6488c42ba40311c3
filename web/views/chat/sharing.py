"""The page or dialog in which a shared object's access list is edited. All changes are saved at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.models import Grant
from accounts.services import grants, picker
from accounts.services.grants import AccessEntry, Grantee, GrantRefused
from accounts.services.resources import SharedKind, SharedObject
from web.shell import SignedInRequest, is_partial, shell_of, show_done, signed_in

NONE, KEPT = "none", ""  # of a row: take all rights away; leave rights that have no name as they are
FEW = 8  # results


@dataclass(frozen=True, slots=True)
class SharingRow:
    """A principal of the list as it stands in the form. `role` is what is chosen for it."""

    key: str
    type: str
    name: str
    email: str
    role: str
    is_fixed: bool = False
    is_new: bool = False
    is_nameless: bool = False  # its rights are none of the three


@require_http_methods(["GET", "POST"])
@signed_in
def share(request: SignedInRequest, resource: str, resource_id: UUID) -> HttpResponse:
    kind, shared = _shared(request, resource, resource_id)
    refusal = ""
    if request.POST.get("do") == "save":
        give, take = _wanted(request.POST)
        try:
            grants.change(actor=request.user, kind_name=kind.name, resource_id=shared.id, give=give, take=take)
        except GrantRefused as refused:
            refusal = refused.message
        else:
            return show_done(request, _("Sharing updated."), go=shared.address)
    return _show(request, kind, shared, refusal)


@require_GET
@signed_in
def search(request: SignedInRequest, resource: str, resource_id: UUID) -> HttpResponse:
    """The list under the search box."""
    _shared(request, resource, resource_id)
    return render(request, "chat/share_found.html", _results(request, request.GET.get("q", "")))


def _shared(request: SignedInRequest, resource: str, resource_id: UUID) -> tuple[SharedKind, SharedObject]:
    kind, shared, _bits = grants.shared_for(request.user, resource, resource_id, needs=Grant.SHARE)
    if not grants.may_share(request.user, kind):
        raise PermissionDenied
    return kind, shared


def _show(request: SignedInRequest, kind: SharedKind, shared: SharedObject, refusal: str) -> HttpResponse:
    stored = grants.entries(request.user, kind, shared)
    everybody = next((entry for entry in stored if entry.grantee.type == "public"), None)
    is_sent = request.method == "POST"
    search_text = request.POST.get("q", "") if request.POST.get("do") == "find" else ""
    context = {
        "shell": shell_of(request),
        "shared": shared,
        "kind": kind,
        "rows": _rows(request, stored),
        "refusal": refusal,
        "search_text": search_text,
        "link": request.build_absolute_uri(shared.address),
        "may_search": bool(picker.kinds_for(request.user)),
        "shows_public": everybody is not None or grants.may_share(request.user, kind, publicly=True),
        "is_public": "public" in request.POST if is_sent else everybody is not None,
        "was_public": everybody is not None,
        "is_dialog": is_partial(request),
        **_results(request, search_text),
    }
    return render(request, "chat/share.html", context, status=422 if refusal else 200)


def _results(request: SignedInRequest, search_text: str) -> dict[str, object]:
    looked = len(search_text.strip()) >= picker.MIN_QUERY_CHARACTERS
    principals = picker.search(asking=request.user, text=search_text, limit=FEW) if looked else []
    return {"principals": principals, "is_searched": looked}


def _rows(request: SignedInRequest, stored: list[AccessEntry]) -> list[SharingRow]:
    """The rows stored, with what is chosen in the form, and those that were added to it and not saved yet."""
    chosen = _chosen(request.POST)
    rows = [
        SharingRow(
            key := f"{entry.grantee.type}:{entry.grantee.id}",
            entry.grantee.type,
            entry.name,
            entry.email,
            chosen.get(key, entry.role),
            entry.is_fixed,
            is_nameless=not entry.role,
        )
        for entry in stored
        if entry.grantee.type != "public"
    ]
    fresh = [key for key in chosen if key not in {row.key for row in rows}][: grants.MAX_ENTRIES]
    known = picker.named(request.user, [_split(key) for key in fresh])
    added = [(key, known[_split(key)]) for key in fresh if _split(key) in known]
    rows += [
        SharingRow(key, principal.type, principal.name, principal.email, chosen[key], is_new=True)
        for key, principal in added
    ]
    return rows


def _chosen(data: Mapping[str, str]) -> dict[str, str]:
    """What the form says of each principal, the one just added among them."""
    chosen = {name.removeprefix("role:"): data[name] for name in data if name.startswith("role:")}
    if added := data.get("add"):
        chosen.setdefault(added, "viewer")
    return chosen


def _wanted(data: Mapping[str, str]) -> tuple[dict[Grantee, int], list[Grantee]]:
    give, take = {}, []
    for key, role in _chosen(data).items():
        if role == NONE:
            take.append(Grantee(*_split(key)))
        elif role in grants.ROLES:
            give[Grantee(*_split(key))] = grants.ROLES[role]
    if "public" in data and not data.get("was_public"):
        give[Grantee("public")] = Grant.VIEWER
    elif "public" not in data and data.get("was_public"):
        take.append(Grantee("public"))
    return give, take


def _split(key: str) -> tuple[str, str]:
    kind, _colon, value = key.partition(":")
    return kind, value
