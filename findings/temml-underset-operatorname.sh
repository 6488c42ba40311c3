#!/bin/sh
# Temml 0.13.5: \underset under an \operatorname that has a thin space in its name, as in arg max.
# Expected: <munder> with two children, as MathML demands; else browsers draw an error in its place.
# Seen: four children: the name, the sign of function application, the space, and what stands under it.
# Exits with 1 when this is no longer so.
set -e
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --ignore-scripts --no-audit --no-fund temml@0.13.5
node -e '
const temml = require("temml");
const html = temml.renderToString("\\underset{x}{\\operatorname{arg\\,max}}", {displayMode: true});
const inner = html.match(/<munder>(.*)<\/munder>/s)[1];
const children = inner.match(/<(mi|mo|mspace|mrow|mtext|mn)\b/g).length;
console.log(`temml 0.13.5: expected 2 children of <munder>, seen ${children}: ${inner}`);
process.exit(children === 4 ? 0 : 1);
'
