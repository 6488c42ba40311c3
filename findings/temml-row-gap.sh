#!/bin/sh
# Temml 0.13.5: the distance that may follow the end of a row, as in \\[14pt].
# Expected: more space before the second row than with a bare \\. Seen: the same MathML; the distance is read and dropped.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --ignore-scripts --no-audit --no-fund temml@0.13.5
node -e '
const temml = require("temml");
const rows = (gap) => temml.renderToString("\\begin{gathered}a\\\\" + gap + "b\\end{gathered}", {displayMode: true});
const same = rows("[14pt]") === rows("");
console.log(`temml 0.13.5: expected another distance, seen ${same ? "the same MathML" : "a difference"}`);
process.exit(same ? 0 : 1);
'
