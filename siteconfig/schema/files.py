"""`fileConfig`, `fileStrategy`, `fileStrategies` and `cloudfront`. Sizes are in MB."""

from typing import Annotated, Literal

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from siteconfig.schema.base import (
    Flag,
    Line,
    NotNegative,
    Number,
    Open,
    Positive,
    Ratio,
    Text,
    WebAddress,
    Whole,
)

Strategy = Literal["local", "firebase", "s3", "azure_blob", "cloudfront"]
DeliveryPath = Literal["provider", "text", "none"]


class Delivery(Open):
    fallback: DeliveryPath | None = None
    overrides: dict[str, DeliveryPath] | None = None


class _Attachments(Open):
    defaultLLMDeliveryPath: Delivery | None = None
    legacyFileUploadUX: Flag | None = None
    textFallbackWithoutTools: Flag | None = None


class EndpointFiles(_Attachments):
    disabled: Flag | None = None
    fileLimit: NotNegative | None = None
    fileSizeLimit: NotNegative | None = None
    totalSizeLimit: NotNegative | None = None
    supportedMimeTypes: list[Line] | None = None


class SkillFiles(Open):
    fileSizeLimit: NotNegative | None = None
    importCleanupConcurrency: Annotated[Whole, Field(gt=0)] | None = None


class ImageGeneration(Open):
    percentage: Annotated[Number, Field(ge=0, le=100)] | None = None
    px: NotNegative | None = None


class ClientImageResize(Open):
    enabled: Flag | None = None
    maxWidth: Annotated[Number, Field(ge=1)] | None = None
    maxHeight: Annotated[Number, Field(ge=1)] | None = None
    quality: Ratio | None = None


class MimeTypes(Open):
    supportedMimeTypes: list[Line] | None = None


class FileConfig(_Attachments):
    endpoints: dict[str, EndpointFiles] | None = None
    skills: SkillFiles | None = None
    serverFileSizeLimit: NotNegative | None = None
    avatarSizeLimit: NotNegative | None = None
    fileTokenLimit: NotNegative | None = None
    fileContextSizeLimit: NotNegative | None = None
    fileContextCharLimit: NotNegative | None = None
    codeEnvLivenessSafeWindowMs: NotNegative | None = None
    imageGeneration: ImageGeneration | None = None
    clientImageResize: ClientImageResize | None = None
    ocr: MimeTypes | None = None
    text: MimeTypes | None = None


class FileStrategies(Open):
    default: Strategy | None = None
    avatar: Strategy | None = None
    image: Strategy | None = None
    document: Strategy | None = None
    skills: Strategy | None = None


class Cloudfront(Open):
    domain: WebAddress
    distributionId: Line | None = None
    invalidateOnDelete: Flag = False
    imageSigning: Literal["none", "cookies", "url"] = "none"
    urlExpiry: Positive = 3_600
    cookieExpiry: Annotated[Positive, Field(le=604_800)] = 1_800
    cookieDomain: Text | None = None
    storageRegion: Text | None = None
    includeRegionInPath: Flag = False
    requireSignedAccess: Flag = False

    @model_validator(mode="after")
    def _consistent(self) -> "Cloudfront":
        if self.invalidateOnDelete and not self.distributionId:
            raise ValueError(_("`invalidateOnDelete` needs `distributionId`"))
        if self.cookieDomain is not None and not self.cookieDomain.startswith("."):
            raise ValueError(_("`cookieDomain` must begin with a dot"))
        if self.imageSigning == "cookies" and self.cookieDomain is None:
            raise ValueError(_("`imageSigning: cookies` needs `cookieDomain`"))
        if self.requireSignedAccess and self.imageSigning != "cookies":
            raise ValueError(_("`requireSignedAccess` needs `imageSigning: cookies`"))
        return self
