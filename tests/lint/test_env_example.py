"""Every variable that is read is explained in `.env.example`."""

import re

import pytest

from core.limits import LIMITS
from endpoints.providers.provider import Provider
from endpoints.providers.registry import built_in
from siteconfig.environment.secrets import NAMES
from tests.house import ROOT, sources

EXPLAINED = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
SETTINGS = "".join(file.read_text() for file in (ROOT / "config" / "settings.py", *sources("siteconfig/environment")))
LIMITED = {name for rule in LIMITS.values() for name in (rule.most_from, rule.minutes_from, rule.switch) if name}
READ = LIMITED | set(re.findall(r"(?:env\.\w+|_path|_needed_claim)\(\s*\"([A-Z0-9_]+)\"", SETTINGS))


def test_the_settings_are_found_at_all() -> None:
    assert {"PORT", "DATABASE_URL", "SESSION_EXPIRY"} <= READ


@pytest.mark.parametrize("name", sorted(READ | set(NAMES)))
def test_every_setting_is_explained(name: str) -> None:
    assert name in EXPLAINED


BUILDING = "".join(file.read_text() for file in sources("endpoints/providers"))


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r'"((?:OPENAI|AZURE|GOOGLE|ANTHROPIC|BEDROCK)_[A-Z_]+)"', BUILDING)))
)
def test_what_endpoints_are_built_from_is_explained(name: str) -> None:
    assert name in EXPLAINED


@pytest.mark.parametrize("provider", built_in(), ids=lambda provider: provider.name)
def test_every_providers_variables_are_explained(provider: Provider) -> None:
    for variable in (provider.variables.key, provider.variables.models, provider.variables.url):
        assert variable in EXPLAINED


def test_nothing_is_explained_that_is_not_read() -> None:
    text = "".join(file.read_text() for file in sources())
    assert not [name for name in sorted(EXPLAINED) if f'"{name}"' not in text]


# Who else touches the environment: to hand it on to another process, or to set it.
HANDED_ON = {
    "config/celery.py", "config/settings.py", "config/start.py", "siteconfig/environment/reader.py",
    "siteconfig/environment/folders.py", "siteconfig/environment/servers.py",
    "deploy/embedded/forked.py", "deploy/embedded/model.py", "deploy/embedded/plan.py", "deploy/embedded/start.py",
    "deploy/embedded/supervisor.py", "endpoints/providers/litellm/wire.py",
}  # fmt: skip


def test_variables_are_read_in_one_place() -> None:
    """`siteconfig.environment.reader` knows what is a comment, a switch or a number; nobody reads past it."""
    touching = {
        str(file.relative_to(ROOT))
        for file in sources()
        if re.search(r"os\.environ|getenv|environ\.Env", file.read_text())
    }
    assert touching == HANDED_ON
