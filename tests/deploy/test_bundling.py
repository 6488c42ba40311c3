"""What is served for a script or a style: one file, the same in debug as after `collectstatic`, or a refusal."""

import json
import re
import subprocess
import sys
from os import environ
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template
from pytest_django import Settings

from deploy.bundling import scripts, styles
from deploy.bundling.finder import BundleFinder
from deploy.bundling.scripts import Scripts
from deploy.bundling.sources import CannotBundle, is_entry

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
PAGE = (
    'import "./lib/dom.js";\nimport "./page/keys.js";\nimport { toast } from "./page/toasts.js";\ntoast(byId("x"));\n'
)
DOM = "/** @returns {Element} */\nexport const byId = (id) => document.getElementById(id);\n"
TOASTS = 'import { byId as find } from "../lib/dom.js";\n// A line.\nexport function toast() {\n  find("a");\n}\n'


def sources(folder: Path, **files: str) -> Path:
    """Write scripts by their names, `__` for a slash, and what every page has."""
    for name, text in (
        {"page": PAGE, "lib__dom": DOM, "page__toasts": TOASTS, "page__keys": "let kept = 1;\n"} | files
    ).items():
        path = folder / "js" / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def refusal(folder: Path, bundled: str, /, **files: str) -> str:
    with pytest.raises(CannotBundle) as caught:
        Scripts(sources(folder, **files)).bundle(bundled)
    return str(caught.value)


def test_parts_run_once_and_in_the_order_of_their_imports(tmp_path: Path) -> None:
    assert Scripts(sources(tmp_path)).bundle("js/page.js") == (
        "const $lib_dom = (() => {\nconst byId = (id) => document.getElementById(id);\nreturn { byId };\n})();\n"
        "(() => {\nlet kept = 1;\n})();\n"
        "const $page_toasts = (() => {\nconst { byId: find } = $lib_dom;\nfunction toast() {\n"
        '  find("a");\n}\nreturn { toast };\n})();\n'
        'const { toast } = $page_toasts;\ntoast(byId("x"));\n'
        "export { $lib_dom, $page_toasts };\n"
    )


def test_an_entry_takes_from_the_page_what_the_page_holds_and_keeps_its_exports(tmp_path: Path) -> None:
    lazy = (
        'import { byId } from "../lib/dom.js";\nimport { keys as all } from "../shortcuts.js";\n'
        'import "../thread/parts.js";\nexport function open() {\n  byId(all);\n}\n'
    )
    parts = 'import { toast } from "../page/toasts.js";\ntoast();\n'
    folder = sources(tmp_path, lazy__map=lazy, shortcuts="export const keys = 1;\n", thread__parts=parts)
    assert Scripts(folder).bundle("js/lazy/map.js") == (
        'import { $lib_dom, $page_toasts } from "parley/page";\nimport { keys as all } from "parley/shortcuts";\n'
        "(() => {\nconst { toast } = $page_toasts;\ntoast();\n})();\n"
        "const { byId } = $lib_dom;\nexport function open() {\n  byId(all);\n}\n"
    )
    assert Scripts(folder).bundle("js/page.js").count("document.getElementById") == 1


def test_a_script_of_pages_without_a_map_holds_everything(tmp_path: Path) -> None:
    entry = 'import { byId } from "./lib/dom.js";\nbyId("a");\n'
    bundle = Scripts(sources(tmp_path, entry=entry)).bundle("js/entry.js")
    assert "import" not in bundle
    assert "document.getElementById" in bundle


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('import { other } from "./lib/dom.js";\n', "js/lib/dom.js exports no other"),
        ('import { x } from "./lib/none.js";\n', "js/stream.js: there is no js/lib/none.js"),
        ('import * as dom from "./lib/dom.js";\n', "no place for 'import * as dom"),
        ('import dom from "./lib/dom.js";\n', "no place for 'import dom from"),
        ('import { x } from "parley/x";\n', "'parley/x' is no relative address"),
        ("export default 1;\n", "no place for 'export default 1;'"),
        ("export let count = 0;\n", "no place for 'export let count"),
        ("await fetch('/');\n", 'no place for "await fetch'),
        ("const a = `one\n// two`;\n", "a template literal goes over several lines"),
    ],
)
def test_what_a_bundle_cannot_do_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, "js/stream.js", stream=text)


def test_imports_that_are_no_tree_are_refused(tmp_path: Path) -> None:
    circle = {"a__one": 'import "./two.js";\n', "a__two": 'import "./one.js";\n', "stream": 'import "./a/one.js";\n'}
    assert refusal(tmp_path, "js/stream.js", **circle).endswith("js/a/one.js → js/a/two.js → js/a/one.js")
    twice = {"a__one": "let kept = 0;\n", "stream": 'import "./a/one.js";\n', "composer": 'import "./a/one.js";\n'}
    assert "js/a/one.js is in js/stream.js and in js/composer.js" in refusal(tmp_path, "js/stream.js", **twice)
    part = {"a__one": 'import "../composer.js";\n', "composer": "", "stream": 'import "./a/one.js";\n'}
    assert "js/composer.js is an entry" in refusal(tmp_path, "js/stream.js", **part)
    assert "js/composer.js is an entry" in refusal(tmp_path, "js/entry.js", entry='import "./composer.js";\n')


def test_a_style_has_its_parts_in_it_and_no_comments(tmp_path: Path) -> None:
    (tmp_path / "css/chat").mkdir(parents=True)
    (tmp_path / "css/chat.css").write_text(
        '/* All. */\n@import "chat/rows.css";\n@import "chat/top.css";\na { b: c }\n'
    )
    (tmp_path / "css/chat/rows.css").write_text('@layer pages {\n  p::after { content: "/* */" } /* why\n */\n\n}\n')
    (tmp_path / "css/chat/top.css").write_text("i { x: y }\n")
    assert styles.bundle(tmp_path, "css/chat.css") == (
        '@layer pages {\np::after { content: "/* */" }\n}\ni { x: y }\na { b: c }\n'
    )
    (tmp_path / "css/chat/top.css").write_text('i { background: url("x.svg") }\n')
    with pytest.raises(CannotBundle, match=r"css/chat/top\.css: only an entry names other files"):
        styles.bundle(tmp_path, "css/chat.css")


def test_every_script_and_style_of_ours_can_be_bundled() -> None:
    ours = Scripts(STATIC)
    assert {"js/page.js", "js/lazy/map.js", "js/frame/diagram.js"} < set(ours.entries)
    for entry in ours.entries:
        assert not re.search(r"^ *//", ours.bundle(entry), re.MULTILINE), entry
    for style in (STATIC / "css").glob("*.css"):
        assert "@import" not in styles.bundle(STATIC, f"css/{style.name}")


def test_no_part_is_left_over() -> None:
    """Each file in the folders of parts is in an entry."""
    ours = Scripts(STATIC)
    used = {part.path for entry in ours.entries for part in ours._parts(entry)}
    paths = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js").rglob("*.js")}
    assert {path for path in paths if not is_entry(path)} - used == set()


def test_every_export_says_what_it_is() -> None:
    """In JSDoc, for whoever imports it."""
    texts = {path.relative_to(STATIC).as_posix(): path.read_text() for path in (STATIC / "js").rglob("*.js")}
    bare = [
        f"{path}: {line}"
        for path, text in texts.items()
        for line in re.findall(r"(?<!\*/\n)^export .*$", text, re.MULTILINE)
    ]
    assert sum(text.count("\nexport ") for text in texts.values()) > 100
    assert bare == []


def test_the_import_map_names_every_entry_that_another_imports() -> None:
    named = json.loads(Template("{% load ui %}{% modules %}").render(Context()))
    ours = Scripts(STATIC)
    bundles = "".join(ours.bundle(entry) for entry in ours.entries)
    wanted = set(re.findall(r'(?:from |import\()"(parley/\w+)"', bundles))
    assert scripts.address(scripts.BASE) in named
    assert wanted <= set(named)
    for name, address in named.items():
        assert scripts.address(address.removeprefix("/static/")) == name
        assert finders.find(address.removeprefix("/static/")), name


def test_debug_serves_what_is_gathered(tmp_path: Path, settings: Settings) -> None:
    settings.BUNDLES_ROOT = tmp_path / "bundles"
    command = [sys.executable, "manage.py", "collectstatic", "-v0", "--noinput"]
    subprocess.run(command, cwd=ROOT, env=environ | {"PARLEY_DATA": str(tmp_path / "data")}, check=True)
    gathered = tmp_path / "data" / "static"
    for path in ("js/page.js", "js/lazy/quotes.js", "css/chat.css", "vendor/htmx.min.js"):
        source = finders.find(path)
        assert isinstance(source, str)
        assert Path(source).read_bytes() == (gathered / path).read_bytes()
    entries = {path.relative_to(gathered).as_posix() for path in (gathered / "js").rglob("*.js")}
    assert {re.sub(r"\.[0-9a-f]{12}\.", ".", path) for path in entries} == set(Scripts(STATIC).entries)
    assert finders.find("js/lib/dom.js") is None


def test_a_bundle_is_as_old_as_its_last_change(tmp_path: Path, settings: Settings) -> None:
    """`collectstatic` copies what is newer than what it has."""
    settings.BUNDLES_ROOT = tmp_path / "bundles"
    settings.STATICFILES_DIRS = [sources(tmp_path / "static")]
    finder = BundleFinder()
    first = Path(str(finder.find("js/page.js")))
    before = first.stat().st_mtime_ns
    assert Path(str(finder.find("js/page.js"))).stat().st_mtime_ns == before
    (tmp_path / "static/js/lib/dom.js").write_text(DOM + "byId(1);\n")
    assert Path(str(finder.find("js/page.js"))).stat().st_mtime_ns > before
    assert "byId(1);" in first.read_text()
