"""The base of the file's models: their strictness, and shared types of values."""

from typing import Annotated, Any

from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from core.addresses import RefusedAddress, address_of, check_address

USER_PROVIDED = "user_provided"
BUILT_IN = (
    "azureOpenAI",
    "openAI",
    "google",
    "anthropic",
    "assistants",
    "azureAssistants",
    "agents",
    "custom",
    "bedrock",
)


class Open(BaseModel):
    """Unknown keys are passed over, so that files of other versions load."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Closed(BaseModel):
    """Unknown keys are faults: a typing error would go unnoticed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _web_address(url: str) -> str:
    if "${" not in url and not is_web_address(url):
        raise ValueError(_("must be an address that begins with http:// or https://"))
    return url


def is_web_address(url: str) -> bool:
    """Return whether `url` can be called; one with a name or a password in it can not."""
    address = address_of(url)
    return address is not None and address[1] != 0 and "@" not in url.split("://", 1)[1].split("/", 1)[0]


def private_address(entry: str) -> tuple[str, int]:
    """Return host and port of an entry of `allowedAddresses`. Raises `ValueError` when it is none."""
    host, _colon, port = entry.rpartition(":")
    bare = not host or not port.isascii() or not port.isdigit() or not 0 < int(port) <= 65_535
    if bare or any(character in "/@?#" or character.isspace() for character in entry):
        raise ValueError(_("must be a host and a port, as in host:8080, 10.0.0.5:8080 or [fd00::5]:8080"))
    address = address_of(f"http://{entry}")
    if address is None or (":" in host and not host.startswith("[")):
        raise ValueError(_("must be a host and a port, as in host:8080, 10.0.0.5:8080 or [fd00::5]:8080"))
    if ":" in address[0] or address[0].replace(".", "").isdigit():
        try:
            check_address(address[0])
        except RefusedAddress:
            return address
        raise ValueError(_("must not be a public address, because those are always allowed"))
    return address


def _allowed_address(entry: str) -> str:
    private_address(entry)
    return entry


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Flag = StrictBool
Line = StrictStr
Text = Annotated[StrictStr, Field(min_length=1)]
Texts = list[Text]
OneOrMore = Annotated[list[Line], BeforeValidator(_listed)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
NotNegative = Annotated[Number, Field(ge=0)]
Positive = Annotated[Number, Field(gt=0)]
Ratio = Annotated[Number, Field(ge=0, le=1)]
Whole = StrictInt
Count = Annotated[StrictInt, Field(ge=0)]
AtLeastOne = Annotated[StrictInt, Field(ge=1)]
WebAddress = Annotated[Text, AfterValidator(_web_address)]
AllowedAddresses = list[Annotated[Line, AfterValidator(_allowed_address)]]
EndpointName = Text


def between(low: int, high: int) -> Any:
    """Return the type of whole numbers from `low` to `high`."""
    return Annotated[StrictInt, Field(ge=low, le=high)]
