"""House rules that no linter knows: sizes of files, functions and templates' lines, and locks without addresses.

Run as ``python -m tests.lint.budgets``. An exception needs ``budget:`` and its reason in the file's first lines.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 500
TEMPLATE_LINES = 150
SCRIPT_LINES = 150
TEMPLATE_LINE = 120  # characters
FUNCTION_LINES = 50
ADDRESS = re.compile(r"https?://")


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.splitlines() if done.returncode == 0 else []
    files = [ROOT / name for name in names] or [path for path in ROOT.rglob("*") if ".venv" not in path.parts]
    return [file for file in files if file.is_file() and not {"vendor", "migrations"} & set(file.parts)]


def faults(file: Path) -> Iterator[str]:
    name = file.relative_to(ROOT)
    text = file.read_text(encoding="utf-8")
    lines = text.count("\n")
    is_script = name.parts[:2] == ("static", "js")
    limit = TEMPLATE_LINES if file.suffix == ".html" else SCRIPT_LINES if is_script else FILE_LINES
    if lines > limit and "budget:" not in text[:400]:
        yield f"{name}: {lines} lines, more than {limit}: split it along a seam"
    if file.suffix == ".html":
        for number, line in enumerate(text.splitlines(), 1):
            if len(line) > TEMPLATE_LINE:
                yield f"{name}:{number}: {len(line)} characters, more than {TEMPLATE_LINE}: break it beside a tag"
    if file.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > FUNCTION_LINES:
                    yield f"{name}:{node.lineno}: {node.name} has {size} lines, more than {FUNCTION_LINES}"


def address_faults(file: Path) -> Iterator[str]:
    if ADDRESS.search(file.read_text(encoding="utf-8")):
        yield f"{file.relative_to(ROOT)}: a lock file must not hold an address"


def main() -> int:
    messages: list[str] = []
    for file in tracked():
        if file.suffix in {".py", ".html", ".css", ".js"}:
            messages += faults(file)
        elif file.parent.name == "requirements" or file.name in {"uv.lock", "package-lock.json", ".npmrc", "pip.conf"}:
            messages += address_faults(file)
    print("\n".join(messages) or "budgets: kept")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
