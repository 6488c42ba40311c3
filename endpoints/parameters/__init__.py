"""The parameters of models, and how a person's settings become fields of a request.

`siteconfig.parameters.table` holds every parameter of every set, and `.settings` validates stored and submitted values
against the union of the sets. `sets` selects those of one model with the person's values; each provider's `parameters`
maps them to fields, and `request_fields` adds the operator's rules.
"""
