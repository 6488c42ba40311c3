"""Scripts: an entry in `static/js` becomes one file with the modules it imports.

The sources are ES modules that import each other by relative path. They would run unbundled, at the cost of one request
each. In a bundle each part is a function that is called once, in the order in which a browser would have run the
modules, and returns its exports:

    const $lib_dom = (() => { …; return { byId }; })();

Every page with an import map loads `page.js`: other entries take the parts it contains from it, through the import map,
so that the state of those parts exists once. An entry imports another entry in the same way. Anything that the bundler
does not support is an error.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from deploy.bundling.sources import CannotBundle, bare_script, is_entry, read, resolve

BASE = "js/page.js"
ALONE = {"js/admin.js", "js/entry.js", "js/passkey.js", "js/frame/diagram.js"}  # on pages that have no import map
IMPORT = re.compile(r'^import (?:\{([^}]*)\} from )?"([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:(?:async )?function|const|class) (\w+))", re.MULTILINE)
OTHER = re.compile(r"^(?:import(?!\()|export|await)\b.*$", re.MULTILINE)


@dataclass(frozen=True)
class Import:
    path: str
    names: tuple[tuple[str, str], ...]  # what the other module calls it, what this one does


@dataclass(frozen=True)
class Module:
    path: str
    imports: tuple[Import, ...]
    exports: tuple[str, ...]
    body: str  # without imports; `export` stands in it still

    @property
    def name(self) -> str:
        """Return what the module is called within a bundle."""
        return "$" + re.sub(r"\W", "_", self.path.removeprefix("js/").removesuffix(".js"))


def parse(path: str, text: str) -> Module:
    """Read a module. Raises `CannotBundle` for a way to import or export that bundles do not have."""
    bare = bare_script(text, path)
    imports = []
    for names, address in IMPORT.findall(bare):
        if not address.startswith("."):
            raise CannotBundle(f"{path}: {address!r} is no relative address")
        pairs = [pair.strip().partition(" as ") for pair in names.split(",") if pair.strip()]
        imports.append(Import(resolve(path, address), tuple((name, local or name) for name, _, local in pairs)))
    body = IMPORT.sub("", bare)
    exports = tuple(EXPORT.findall(body))
    if other := OTHER.search(EXPORT.sub("", body)):
        raise CannotBundle(f"{path}: a bundle has no place for {other[0]!r}")
    return Module(path, tuple(imports), exports, body)


class Scripts:
    """The scripts below a folder, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._modules: dict[str, Module] = {}

    @cached_property
    def entries(self) -> list[str]:
        paths = (path.relative_to(self._root).as_posix() for path in (self._root / "js").rglob("*.js"))
        return sorted(path for path in paths if is_entry(path))

    def bundle(self, entry: str) -> str:
        """Return the file that is served for `entry`."""
        own = self._parts(entry)
        base: list[Module] = []
        if entry != BASE and entry not in ALONE:
            base = self._parts(BASE)
        inner = [module for module in own if module not in base]
        self._refuse_twice(entry, inner)
        module = self._module(entry, entry)
        lines = [self._taken([*inner, module], base), *(self._outer(imported) for imported in module.imports)]
        lines += [_wrapped(part, self._bound(part)) for part in inner]
        lines += [self._bound(module), module.body]
        if entry == BASE:
            lines.append(f"export {{ {', '.join(part.name for part in own if part.exports)} }};\n")
        return "".join(lines)

    def _module(self, path: str, importer: str) -> Module:
        if path not in self._modules:
            self._modules[path] = parse(path, read(self._root, path, importer))
        return self._modules[path]

    def _parts(self, entry: str) -> list[Module]:
        """Return the parts that an entry imports, directly or not, in the order in which they run."""
        modules: dict[str, Module] = {}

        def visit(path: str, way: tuple[str, ...]) -> None:
            if path in way:
                raise CannotBundle(f"an import in a circle: {' → '.join([*way[way.index(path) :], path])}")
            if path in modules:
                return
            module = self._module(path, way[-1] if way else path)
            for imported in module.imports:
                if not is_entry(imported.path):
                    visit(imported.path, (*way, path))
                elif path != entry or entry in ALONE:
                    raise CannotBundle(
                        f"{path}: {imported.path} is an entry, which only an entry of a page with a map imports"
                    )
            modules[path] = module

        visit(entry, ())
        del modules[entry]
        return list(modules.values())

    def _refuse_twice(self, entry: str, inner: list[Module]) -> None:
        """What stands in two bundles of one page would run twice."""
        if entry == BASE or entry in ALONE:
            return
        for other in self.entries:
            if other in {entry, BASE} or other in ALONE:
                continue
            if twice := [module.path for module in self._parts(other) if module in inner]:
                raise CannotBundle(f"{twice[0]} is in {entry} and in {other}: {BASE} has to import it for both")

    def _taken(self, modules: list[Module], base: list[Module]) -> str:
        """Return the line that takes parts from the page's own bundle."""
        wanted = {imported.path for module in modules for imported in module.imports if imported.names}
        names = [part.name for part in base if part.path in wanted]
        return f'import {{ {", ".join(names)} }} from "{address(BASE)}";\n' if names else ""

    def _outer(self, imported: Import) -> str:
        """Return the import of another entry, which stays one."""
        if not is_entry(imported.path):
            return ""
        names = f"{{ {', '.join(_pair(*pair, ' as ') for pair in imported.names)} }} from " if imported.names else ""
        return f'import {names}"{address(imported.path)}";\n'

    def _bound(self, module: Module) -> str:
        """Return the lines by which a module has what it imports from parts."""
        lines = []
        for imported in module.imports:
            other = self._module(imported.path, module.path)
            if missing := [name for name, _ in imported.names if name not in other.exports]:
                raise CannotBundle(f"{module.path}: {imported.path} exports no {missing[0]}")
            if imported.names and not is_entry(imported.path):
                lines.append(
                    f"const {{ {', '.join(_pair(*pair, ': ') for pair in imported.names)} }} = {other.name};\n"
                )
        return "".join(lines)


def address(entry: str) -> str:
    """Return the name under which the import map has an entry."""
    return f"parley/{Path(entry).stem}"


def _pair(name: str, local: str, sign: str) -> str:
    return name if name == local else f"{name}{sign}{local}"


def _wrapped(part: Module, bound: str) -> str:
    body = f"(() => {{\n{bound}{EXPORT.sub('', part.body)}"
    if not part.exports:
        return f"{body}}})();\n"
    return f"const {part.name} = {body}return {{ {', '.join(part.exports)} }};\n}})();\n"
