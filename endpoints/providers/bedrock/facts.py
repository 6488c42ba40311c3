"""Facts about models on Bedrock: their names begin with a region and their maker."""

import re
from typing import Final

from endpoints.providers.provider import ProviderFacts
from siteconfig.parameters.table import SETS

_REGION: Final = re.compile(r"^(?:us|eu|ap|apac|jp|au|ca|sa|me|af|global|us-gov)\.")
_PLAIN_VENDOR: Final = "bedrock-mistral"  # sampling and a cap: what a model of an unknown maker is sure to take
FACTS: Final = ProviderFacts(new_models=re.compile(r"global\.anthropic\.claude-[\w.:-]+"))


def parameter_set(model: str) -> str:
    vendor = _REGION.sub("", model.rpartition("/")[2]).partition(".")[0]  # behind the slash of an ARN
    return name if (name := f"bedrock-{vendor}") in SETS else _PLAIN_VENDOR
