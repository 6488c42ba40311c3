#!/bin/sh
# quickjs-ng 0.17.0.2: a script whose value is a string made by joining two long ones.
# Expected: the string. Seen: TypeError "Unknown quickjs tag: -6" from about 8 KB on; the engine keeps such a string as a
# rope, which the binding does not know. A round through JSON.stringify and JSON.parse, or a shorter string, gives it.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check quickjs-ng==0.17.0.2
"$folder/venv/bin/python" - <<'PY'
import json

import quickjs

context = quickjs.Context()
long = "'a'.repeat(5000) + 'b'.repeat(5000)"
try:
    seen = str(len(context.eval(long)))
except TypeError as error:
    seen = str(error)
short = len(context.eval("'a'.repeat(50) + 'b'.repeat(50)"))
around = len(json.loads(context.eval(f"JSON.stringify({long})")))
print(f"quickjs-ng 0.17.0.2: expected 10000 characters, seen: {seen}; short {short}, by way of JSON {around}")
raise SystemExit(0 if "-6" in seen and (short, around) == (100, 10_000) else 1)
PY
