"""What people may set for a model, as one table, and what becomes of it in a request.

`siteconfig.parameters.table` holds every parameter of every set, and `.settings` checks what is stored and sent by the
union of the sets; `sets` picks those of one model and what is chosen for them; each provider's `parameters` turns that
into fields, and `request_fields` adds what the operator says.
"""
