#!/bin/sh
# STIX Two Math, as @fontsource/stix-two-math 5.3.0 has it: parts from which the MATH table builds a long arrow.
# Expected: the head of the arrow to the right has its connector at its start, where the shaft joins, as the arrow to the
# left has it at its end: (200, 0). Seen: (0, 200), the same as the left one, so that nothing can join, and a browser never
# stretches U+2192, U+2194 and U+21A6, while U+2190 grows.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --ignore-scripts --no-audit --no-fund @fontsource/stix-two-math@5.3.0
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check fonttools==4.60.1 brotli==1.1.0
venv/bin/python - <<'PY'
from fontTools.ttLib import TTFont

font = TTFont("node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2")
names, variants = font.getBestCmap(), font["MATH"].table.MathVariants
place = variants.HorizGlyphCoverage.glyphs.index
parts = {}
for code in (0x2190, 0x2192):
    records = variants.HorizGlyphConstruction[place(names[code])].GlyphAssembly.PartRecords
    head = next(record for record in records if not record.PartFlags & 1)  # the part that is not repeated
    parts[code] = (records.index(head), head.StartConnectorLength, head.EndConnectorLength)
print(f"head of the arrow (place, start, end): left {parts[0x2190]}, right {parts[0x2192]}; expected right (1, 200, 0)")
raise SystemExit(0 if parts == {0x2190: (0, 0, 200), 0x2192: (1, 0, 200)} else 1)
PY
