"""Rules of the house that a reader of every file can check: security case 43, and who may name providers."""

import ast
import re
import subprocess
import sys

import pytest

from tests.house import ROOT, sources, tree_of

HTTP = {
    "aiohttp", "httpx", "httpx2", "requests", "urllib3", "websockets", "websocket", "socket", "ftplib", "smtplib",
    "telnetlib", "http.client", "urllib.request", "httplib2", "pycurl", "niquests", "xmlrpc.client", "openai",
    "litellm", "ldap3", "anthropic", "boto3", "botocore", "google.auth", "google.genai", "google.cloud", "grpc", "h11",
    "httpcore", "h2", "paramiko", "imaplib", "poplib", "nntplib", "socketserver", "asyncio.streams",
}  # fmt: skip
OPENERS = {"open_connection", "create_connection", "sock_connect", "create_datagram_endpoint"}
PROVIDERS = re.compile(
    r"openai|anthropic|\bclaude|gemini|mistral|\bgroq\b|openrouter|deepseek|\bxai\b|bedrock|vertex_ai", re.IGNORECASE
)
# Where a provider may be named: its folder, the two tables of rows, and the keys of the file.
OWN_PLACES = re.compile(
    r"endpoints/providers/(?:openai|anthropic|google|vertex|bedrock|azure|compatible|litellm)/"
    r"|endpoints/providers/(?:registry|wires)\.py|siteconfig/"
)
NAMED_ELSEWHERE = {
    "endpoints/catalog/discovery.py": "the wire of model servers on this machine",
    "endpoints/catalog/registry.py": "the wire of the embedded model",
    "endpoints/catalog/keys.py": "fields of pasted keys, as the REST contract names them",
    "endpoints/models.py": "values and labels of a stored column",
    "endpoints/management/commands/seed_roles.py": "an example's roles, as its README has them",
    "endpoints/parameters/page.py": "the text of a page of the documentation",
    "api/librechat/endpoints/serializers.py": "fields and values of the REST contract",
}
FOLDERS = re.compile(r"endpoints\.providers\.(?:openai|anthropic|google|vertex|bedrock|azure|litellm)\b")


def imported(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            names |= {
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            }
    return names


def forbidden(name: str) -> bool:
    return any(name == library or name.startswith(library + ".") for library in HTTP)


ALLOWED = {
    "endpoints/transport/http.py": {"aiohttp", "socket"},
    "endpoints/providers/litellm/wire.py": {"litellm"},
    "accounts/identity/directory.py": {"ldap3"},  # to the operator's directory
    "accounts/identity/session.py": {"requests"},  # to who vouches for people, as the operator configured
}


@pytest.mark.security
def test_case_43_only_the_guarded_client_can_open_a_connection() -> None:
    broken = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith("deploy/"):  # the supervisor and the doctor look at the parts of this machine
            continue
        tree = tree_of(path)
        may = ALLOWED.get(name, set())
        broken += [
            f"{name}: {module}"
            for module in imported(tree)
            if forbidden(module) and module.partition(".")[0] not in may
        ]
        broken += [
            f"{name}: {node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and node.attr in OPENERS
        ]
    assert broken == []


@pytest.mark.security
def test_case_43_every_exception_is_named_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    assert [name for name in ALLOWED if f"`{name}`" not in text] == []
    assert [name for name in ALLOWED if not imported(tree_of(ROOT / name)) & HTTP] == []


@pytest.mark.security
@pytest.mark.parametrize(
    "code",
    ["import httpx", "from urllib.request import urlopen", "from urllib import request", "import requests.sessions",
     "importlib.import_module('boto3')", "from google.auth import transport", "import socket as s"],
)  # fmt: skip
def test_case_43_the_rule_sees_every_way_of_importing(code: str) -> None:
    assert any(map(forbidden, imported(ast.parse(code))))


def test_litellm_is_not_imported_at_start() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; import django; django.setup();"
        "import endpoints.services.model_calls, config.urls; sys.exit('litellm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[-500:]


def names_in(tree: ast.AST) -> list[tuple[int, str]]:
    """Return the lines that name a provider: in a text that is no docstring, or by importing from its folder."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            if PROVIDERS.search(node.value):
                lines.append((node.lineno, node.value[:60]))
        elif isinstance(node, ast.ImportFrom) and FOLDERS.match(node.module or ""):
            lines.append((node.lineno, str(node.module)))
    return lines


def test_a_provider_is_named_in_its_folder_and_in_the_tables_only() -> None:
    broken, excepted = [], set()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if OWN_PLACES.match(name) or "/migrations/" in name:
            continue
        names = names_in(tree_of(path))
        if name in NAMED_ELSEWHERE:
            excepted |= {name} if names else set()
        else:
            broken += [f"{name}:{line}: {text}" for line, text in names]
    assert broken == []
    assert excepted == set(NAMED_ELSEWHERE)  # an exception that is needed no more goes


def test_the_rule_sees_texts_and_imports_and_passes_over_docstrings() -> None:
    code = '"""Such as Anthropic."""\nfrom endpoints.providers.google import wire\nkind = "openAI"\n'
    assert [line for line, _ in names_in(ast.parse(code))] == [2, 3]
