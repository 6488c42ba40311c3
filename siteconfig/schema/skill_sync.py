"""`skillSync`: skills mirrored from Git."""

from typing import Annotated

from django.utils.translation import gettext as _
from pydantic import Field, StrictStr, field_validator, model_validator

from siteconfig.schema.base import AtLeastOne, Count, Flag, Open

Key = Annotated[StrictStr, Field(max_length=64, pattern=r"^[a-zA-Z0-9][a-zA-Z0-9_-]*$")]


class SkillSource(Open):
    id: Key
    owner: Annotated[StrictStr, Field(max_length=39, pattern=r"^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$")]
    repo: Annotated[StrictStr, Field(max_length=100, pattern=r"^[a-zA-Z0-9._-]+$")]
    ref: Annotated[StrictStr, Field(min_length=1, max_length=255)] = "main"
    paths: Annotated[list[Annotated[StrictStr, Field(max_length=500)]], Field(min_length=1)]
    skillDiscoveryDepth: Annotated[Count, Field(le=10)] = 2
    credentialKey: Key | None = None
    token: Annotated[StrictStr, Field(pattern=r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$")] | None = None
    tenantId: Annotated[StrictStr, Field(max_length=128)] | None = None

    @model_validator(mode="after")
    def _one_credential(self) -> "SkillSource":
        if (self.credentialKey is None) == (self.token is None):
            raise ValueError(_("needs exactly one of: %s") % "credentialKey, token")
        return self


class Github(Open):
    enabled: Flag = False
    intervalMinutes: Annotated[AtLeastOne, Field(ge=5, le=35_791)] = 60
    runOnStartup: Flag = False
    sources: list[SkillSource] = []

    @field_validator("sources")
    @classmethod
    def _once(cls, sources: list[SkillSource]) -> list[SkillSource]:
        if len({source.id for source in sources}) != len(sources):
            raise ValueError(_("every `id` must be unique"))
        return sources

    @model_validator(mode="after")
    def _something_to_do(self) -> "Github":
        if self.enabled and not self.sources:
            raise ValueError(_("`enabled: true` needs `sources`"))
        return self


class SkillSync(Open):
    github: Github | None = None
