"""The AWS access key for signing calls: from this site's variables, a profile, or the standard AWS variables."""

import configparser
from collections.abc import Mapping
from pathlib import Path

from endpoints.providers.site import text_of

_OWN = {
    "aws_access_key_id": "BEDROCK_AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "BEDROCK_AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "BEDROCK_AWS_SESSION_TOKEN",
}
_COMMON = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}


def access_key() -> dict[str, str]:
    """Return the parts of the key, or nothing where there is none.

    First `BEDROCK_AWS_…`, then the profile that `BEDROCK_AWS_PROFILE` names, then `AWS_…`, then the default profile.
    The role of a machine is not asked for: its address is one that the server never calls.
    """
    profile = text_of("BEDROCK_AWS_PROFILE")
    if profile:
        sources = [_from_variables(_OWN), _from_profile(profile)]
    else:
        sources = [_from_variables(_OWN), _from_variables(_COMMON), _from_profile(text_of("AWS_PROFILE") or "default")]
    return next((source for source in sources if source.get("aws_secret_access_key")), {})


def _from_variables(variables: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, variable in variables.items() if (value := text_of(variable))}


def _from_profile(name: str) -> dict[str, str]:
    path = Path(text_of("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, "utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}
    section = parser[name] if parser.has_section(name) else {}
    return {key: section[key] for key in _OWN if section.get(key)}
