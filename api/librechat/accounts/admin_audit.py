"""Admin rights and the audit log, for administrators."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import AuditEntry, CapabilityGrant, Role
from accounts.services import audit, capabilities, permissions
from api.base.admin import AdminView, number, page_of
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, iso, person, read_body
from core import csv_files

_OBJECT = {200: {"type": "object"}}


class GrantRequest(ApiRequest):
    principal_type: str
    principal_id: str
    capability: str


def grant_to_wire(grant: CapabilityGrant) -> dict[str, Any]:
    return {
        "id": str(grant.id),
        "principalType": grant.principal,
        "principalId": capabilities.principal_id(grant),
        "capability": grant.capability,
        "grantedBy": str(grant.granted_by_id) if grant.granted_by_id else None,
        "grantedAt": iso(grant.created_at),
    }


class GrantsView(AdminView):
    needs = {"GET": ("read:roles",), "POST": ("manage:roles",)}

    @extend_schema(operation_id="admin_grants", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        rows, paging = page_of(request, CapabilityGrant.objects.order_by("-created_at", "id"))
        return Response({"grants": [grant_to_wire(row) for row in rows], **paging})

    @extend_schema(operation_id="admin_grant_assign", request=GrantRequest, responses={201: {"type": "object"}})
    def post(self, request: Request) -> Response:
        body = read_body(request, GrantRequest)
        grant = capabilities.assign(
            actor=person(request),
            principal=body.principal_type,
            principal_id=body.principal_id,
            capability=body.capability,
        )
        return Response({"grant": grant_to_wire(grant)}, status=201)


class PrincipalGrantsView(AdminView):
    """What one person, group or role was given. `ADMIN` holds every power by itself: no row says so, this list does."""

    needs = {"GET": ("read:roles",)}

    @extend_schema(operation_id="admin_grants_of", responses=_OBJECT)
    def get(self, request: Request, principal: str, principal_id: str) -> Response:
        rows = capabilities.given_to(principal=principal, principal_id=principal_id)
        inborn = permissions.CAPABILITIES if (principal, principal_id) == ("role", Role.ADMIN) else ()
        built_in = [
            {
                "id": f"{Role.ADMIN}:{capability}",
                "principalType": "role",
                "principalId": Role.ADMIN,
                "capability": capability,
                "grantedBy": None,
                "grantedAt": None,
            }
            for capability in inborn
        ]
        return Response({"grants": [*built_in, *(grant_to_wire(row) for row in rows if row.capability not in inborn)]})


class EffectiveGrantsView(AdminView):
    needs = {"GET": ("access:admin",)}

    @extend_schema(operation_id="admin_grants_effective", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        return Response({"capabilities": sorted(permissions.capabilities_of(person(request)))})


class GrantView(AdminView):
    needs = {"DELETE": ("manage:roles",)}

    @extend_schema(operation_id="admin_grant_remove", responses=_OBJECT)
    def delete(self, request: Request, principal: str, principal_id: str, capability: str) -> Response:
        removed = capabilities.remove(
            actor=person(request), principal=principal, principal_id=principal_id, capability=capability
        )
        if not removed:
            raise ApiError(404, _("This capability was not granted."))
        return Response({"success": True})


def entry_to_wire(entry: AuditEntry) -> dict[str, Any]:
    return {
        "id": str(entry.seq),
        "schemaVersion": 1,
        "category": entry.action.split(".")[0],
        "action": entry.action,
        "outcome": "success",
        "severity": "info",
        "actor": {
            "type": "user" if entry.actor_id else "system",
            "id": str(entry.actor_id or ""),
            "name": entry.actor_name,
        },
        "target": {"type": entry.target_type, "id": entry.target_id, "name": entry.target_name},
        "metadata": {"before": entry.before, "after": entry.after},
        "context": {"address": entry.address},
        "integrity": {"seq": entry.seq, "hash": entry.hash, "prevHash": entry.previous_hash},
        "timestamp": iso(entry.at),
    }


def filtered(request: Request) -> Any:
    """Return the entries that the query names, newest first. Raises `ApiError`."""
    query = request.query_params
    rows = AuditEntry.objects.order_by("-seq")
    if action := query.get("action"):
        rows = rows.filter(action=action[:64])
    if target := query.get("targetId"):
        rows = rows.filter(target_id=target[:128])
    if actor := query.get("actor"):
        rows = rows.filter(actor_name__icontains=actor[:254])
    for name, lookup in (("from", "at__gte"), ("to", "at__lt")):
        if text := query.get(name):
            try:
                moment = parse_datetime(text)
            except ValueError:
                moment = None
            if moment is None or moment.tzinfo is None:
                raise ApiError(400, _("%(name)s must be a time such as 2026-01-31T12:00:00Z.") % {"name": name})
            rows = rows.filter(**{lookup: moment})
    return rows


class AuditLogView(AdminView):
    needs = {"GET": ("read:audit_log",)}

    @extend_schema(operation_id="admin_audit_log", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        rows = filtered(request)
        cursor = number(request, "cursor", 0, least=1, most=10**9)
        entries, paging = page_of(request, rows.filter(seq__lt=cursor) if cursor else rows)
        last = entries[-1].seq if len(entries) == paging["limit"] and entries[-1].seq > 1 else None
        return Response({"entries": [entry_to_wire(entry) for entry in entries], **paging, "nextCursor": last})


class AuditEntryView(AdminView):
    needs = {"GET": ("read:audit_log",)}

    @extend_schema(operation_id="admin_audit_entry", responses=_OBJECT)
    def get(self, request: Request, seq: int) -> Response:
        entry = AuditEntry.objects.filter(seq=seq).first() if seq < 2**63 else None
        if entry is None:
            raise ApiError(404, _("Entry not found."))
        return Response({"entry": entry_to_wire(entry)})


class AuditVerifyView(AdminView):
    needs = {"GET": ("read:audit_log",)}

    @extend_schema(operation_id="admin_audit_verify", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        verdict = audit.verify()
        valid = verdict.broken_at is None
        broken = None if valid else {"seq": verdict.broken_at, "reason": verdict.why}
        return Response({"valid": valid, "entries": verdict.entries, "brokenAt": broken})


class AuditExportView(AdminView):
    needs = {"GET": ("read:audit_log",)}

    @extend_schema(operation_id="admin_audit_export", responses={(200, "text/csv"): str})
    def get(self, request: Request) -> Any:
        response = StreamingHttpResponse(_lines(filtered(request)), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="audit-log.csv"'
        return response


COLUMNS = (
    "seq",
    "at",
    "actor",
    "action",
    "target type",
    "target id",
    "target",
    "before",
    "after",
    "address",
    "hash",
)


def _lines(rows: Any) -> Iterator[str]:
    entries = (
        (
            entry.seq,
            iso(entry.at),
            entry.actor_name,
            entry.action,
            entry.target_type,
            entry.target_id,
            entry.target_name,
            json.dumps(entry.before, ensure_ascii=False),
            json.dumps(entry.after, ensure_ascii=False),
            entry.address,
            entry.hash,
        )
        for entry in rows.iterator(chunk_size=1_000)
    )
    return csv_files.lines(COLUMNS, entries)
