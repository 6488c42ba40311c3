// One formula of TeX to MathML that needs no style attribute: the page's policy forbids those. What Temml says by
// style is said by MathML's own attributes, else by a class of static/css/formulas.css; a style that this file does
// not know refuses the formula, so that nothing is lost in silence.
const MACROS = {
  // siunitx, physics and other packages that people use without saying so
  "\\SI": "{#1}\\,\\mathrm{#2}", "\\qty": "{#1}\\,\\mathrm{#2}", "\\si": "\\mathrm{#1}", "\\unit": "\\mathrm{#1}",
  "\\num": "{#1}", "\\ang": "{#1}^{\\circ}", "\\abs": "\\left\\lvert #1\\right\\rvert",
  "\\norm": "\\left\\lVert #1\\right\\rVert", "\\dd": "\\mathrm{d}", "\\dv": "\\frac{\\mathrm{d} #1}{\\mathrm{d} #2}",
  "\\pdv": "\\frac{\\partial #1}{\\partial #2}", "\\ip": "\\left\\langle #1,#2\\right\\rangle",
  "\\ketbra": "\\left\\lvert #1\\right\\rangle\\!\\left\\langle #2\\right\\rvert", "\\Tr": "\\operatorname{Tr}",
  "\\tr": "\\operatorname{tr}", "\\rank": "\\operatorname{rank}", "\\grad": "\\nabla", "\\bigO": "\\mathcal{O}",
  "\\sgn": "\\operatorname{sgn}", "\\diag": "\\operatorname{diag}", "\\Var": "\\operatorname{Var}",
  "\\Cov": "\\operatorname{Cov}", "\\E": "\\mathbb{E}", "\\floor": "\\left\\lfloor #1\\right\\rfloor",
  "\\ceil": "\\left\\lceil #1\\right\\rceil", "\\mathds": "\\mathbb{#1}", "\\mathbbm": "\\mathbb{#1}",
  "\\slashed": "\\not{#1}", "\\degC": "{}^{\\circ}\\mathrm{C}", "\\celsius": "{}^{\\circ}\\mathrm{C}",
  // a formula leads nowhere
  "\\href": "\\@secondoftwo", "\\url": "\\texttt{#1}", "\\ref": "\\text{#1}", "\\eqref": "\\text{(#1)}",
  // names that Temml lacks or has wrong
  "\\centerdot": "\\mathbin{\\cdot}", "\\Colonsim": "\\dblcolon\\sim", "\\coloncolonsim": "\\dblcolon\\sim",
  "\\textcopyright": "\\text{©}", "\\textregistered": "\\text{®}", "\\KaTeX": "\\text{KaTeX}",
  "\\approxcolon": "\\approx\\vcentcolon", "\\approxcoloncolon": "\\approx\\dblcolon",
  "\\simcolon": "\\sim\\vcentcolon", "\\simcoloncolon": "\\sim\\dblcolon", "\\minuso": "\\mathrel{⦵}",
  "\\xleftequilibrium": "\\xrightleftharpoons{#1}", "\\xrightequilibrium": "\\xrightleftharpoons{#1}",
  "\\xrightleftarrows": "\\overset{#1}{\\rightleftarrows}", "\\overlinesegment": "\\overline{#1}",
  "\\underlinesegment": "\\underline{#1}", "\\mathreflectbox": "\\reflectbox{$#1$}",
};
// The colors of KaTeX that are its own.
const NAMED = {
  blue: "6495ed", orange: "ffa500", pink: "ff00af", red: "df0030", green: "28ae7b", gray: "808080", purple: "9d38bd",
  kaBlue: "314453", kaGreen: "71b307",
};
const SHADES = {
  blue: "ccfaff 80f6ff 63d9ea 11accd 0c7f99", teal: "94fff5 26edd5 01d1c1 01a995 208170",
  green: "b6ffb0 8af281 74cf70 1fab54 0d923f", gold: "ffd0a9 ffbb71 ff9c39 e07d10 a75a05",
  red: "fca9a9 ff8482 f9685d e84d39 bc2612", maroon: "ffbde0 ff92c6 ed5fa6 ca337c 9e034e",
  purple: "ddd7ff c6b9fc aa87ff 7854ab 543b78", mint: "f5f9e8 edf2df e0e5cc",
  gray: "f6f7f7 f0f1f2 e3e5e6 d6d8da babec2 888d93 626569 3b3e40 21242c",
};
const colored = (name, hex) => { MACROS[`\\${name}`] = `\\textcolor[HTML]{${hex}}{#1}`; };
for (const [name, hex] of Object.entries(NAMED)) colored(name, hex);
for (const [name, shades] of Object.entries(SHADES)) {
  shades.split(" ").forEach((hex, at) => colored(name + "ABCDEFGHI"[at], hex));
}

const DEEPEST = 120;
const COLOR = /^(#[0-9a-f]{3,8}|[a-z]+)$/i;
const LENGTH = /^(-?[\d.]+)(em|ex|pt|px|mu)?$/;
const EM = { em: 1, ex: 0.431, pt: 0.1, px: 0.0625, mu: 1 / 18 };
const LONGEST = 30; // tenths of an em, the greatest padding that has a class
const MOST_BACK = 36; // eighteenths of an em
const SIDES = { top: "t", right: "r", bottom: "b", left: "l" };
const KINDS = new Set(["solid", "dashed", "double"]);
// A style, or all values of one that occur, and what says the same.
const CLASS_OF = {
  "text-align:left": "tml-left", "font-weight:bold": "tml-bold", "font-style:italic": "tml-italic",
  "math-depth:0": "tml-depth-0", "math-depth:2": "tml-depth-2", "width:100%": "tml-wide", "width:50%": "tml-half",
  "width:7.5%": "tml-edge", "width:90%": "tml-almost", "height:1em": "tml-em", "position:relative": "tml-relative",
  "position:absolute": "tml-absolute", "display:flex": "tml-flex", "left:0.1em": "tml-nudge",
  "transform:scaleX(-1)": "tml-mirror", "border:1px solid": "tml-frame",
};
const SAID_OTHERWISE = ["display:block math", "justify-content:center", "right:0", "bottom:0"];

const hyphenate = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
function ems(value) {
  const found = LENGTH.exec(value);
  if (!found) throw new Error(`no length: ${value}`);
  return found[1] * EM[found[2] || "em"];
}
const padding = (side, value) => `tml-p${SIDES[side]}-${Math.max(0, Math.min(LONGEST, Math.round(ems(value) * 10)))}`;

function classesOf(node, name, value) {
  const both = `${name}:${value}`;
  if (both in CLASS_OF) return [CLASS_OF[both]];
  if (SAID_OTHERWISE.includes(both) || name === "font-family") return [];
  if (name === "padding") {
    const [top, right = top, bottom = top, left = right] = value.split(" ");
    return [["top", top], ["right", right], ["bottom", bottom], ["left", left]].map(([side, each]) => padding(side, each));
  }
  if (name.startsWith("padding-")) return [padding(name.slice(8), value)];
  if (name === "margin-left") return [`tml-m-${Math.max(0, Math.min(MOST_BACK, Math.round(-ems(value) * 18)))}`];
  if (name.startsWith("border-")) {
    const kind = value.trim().split(" ")[1];
    if (KINDS.has(kind)) return [`tml-b${SIDES[name.slice(7)]}-${kind}`];
  }
  if (name === "border") {
    const color = value.split(" ").at(-1);
    if (COLOR.test(color)) {
      node.attributes.mathcolor = color;
      return ["tml-frame", "tml-colors"];
    }
  }
  throw new Error(`unknown style: ${both}`);
}

const LEAVES = new Set(["mi", "mn", "mo"]);
const ARITY = { mfrac: 2, mover: 2, mroot: 2, msub: 2, msubsup: 3, msup: 2, munder: 2, munderover: 3 };

// What MathML and the sanitiser ask for and Temml does not keep to: a letter or an operator holds text alone, and a
// script has one element for each of its places.
function mend(node, Element) {
  if (!Array.isArray(node.children)) node.children = node.children?.toMarkup ? [node.children] : [];
  if (LEAVES.has(node.type) && node.children.some((child) => child.type)) node.type = "mrow";
  if (node.type in ARITY) node.children = node.children.map((each) => (each.type ? each : new Element("mrow", [each])));
  if (node.type === "mtd" && node.style.borderLeft && parseFloat(node.style.paddingLeft) === 0) {
    node.style.paddingLeft = node.style.paddingRight;
  }
}

function withoutStyle(node, Element, depth = 0) {
  if (depth > DEEPEST) throw new Error("too deep");
  if (node.text === undefined) mend(node, Element);
  const attributes = node.attributes || {};
  const styles = Object.entries(node.style || {}).sort(([one], [other]) => (other === "color") - (one === "color")); // a border's color goes before
  if (attributes.style) styles.push(...attributes.style.split(";").filter(Boolean).map((each) => each.split(/:\s*/)));
  delete attributes.style;
  delete attributes.id;
  if ("href" in attributes) throw new Error("a link");
  if (attributes.mathbackground === "black") { // the ink of a rule
    delete attributes.mathbackground;
    node.classes.push("tml-ink");
  }
  for (const [name, value] of styles) {
    if (value === undefined || value === "") continue;
    if (name !== "color") node.classes.push(...classesOf(node, hyphenate(name.trim()), String(value)));
    else if (!COLOR.test(value)) throw new Error("no color");
    else attributes.mathcolor = value;
  }
  node.style = {};
  for (const child of node.children || []) withoutStyle(child, Element, depth + 1);
}

// Temml reads the gap of a "\\\\[4pt]" and does nothing with it: a strut of that depth ends the row instead.
const GAP = /\\\\\s*\[\s*(-?[\d.]+)\s*(em|ex|pt|mm|cm|in|px|mu)\s*\]/g;
const IN_EM = { ...EM, mm: 0.2845, cm: 2.845, in: 7.227 };
const STRUT = 0.35; // em, as deep as a row is anyway
function withGaps(tex) {
  return tex.replace(GAP, (_, number, unit) => {
    const depth = Math.min(10, number * IN_EM[unit] + STRUT);
    return depth > STRUT ? `\\rule[-${depth.toFixed(2)}em]{0em}{${depth.toFixed(2)}em}\\\\` : "\\\\";
  });
}

// Environments that Temml lacks, or numbers by the line though it is one formula.
const INSTEAD = [
  [/\\begin\{eqnarray\*?\}/g, "\\begin{darray}{rcl}"], [/\\end\{eqnarray\*?\}/g, "\\end{darray}"],
  [/\{multline\}/g, "{multline*}"],
];
const PERCENT = /(\d\s*)%/g; // a comment would swallow what stands behind it
function withKnownNames(tex) {
  return INSTEAD.reduce((text, [pattern, other]) => text.replace(pattern, other), tex.replace(PERCENT, "$1\\%"));
}

// Lines outside of any environment are one after all; Temml writes them beside each other.
const STRUCTURE = /\\(begin|end)(?![a-zA-Z])|\\\\|\\[^]|[{}&]/g;
function withLines(tex, displayMode) {
  let depth = 0;
  let isTabular = false;
  let hasLines = false;
  for (const [token, name] of tex.matchAll(STRUCTURE)) {
    if (token === "{" || name === "begin") depth += 1;
    else if (token === "}" || name === "end") depth -= 1;
    else if (depth === 0) {
      isTabular ||= token === "&";
      hasLines ||= token === "\\\\";
    }
  }
  if (!hasLines && !isTabular) return tex;
  const name = (isTabular ? "align" : "gather") + (displayMode ? "*" : "ed");
  return `\\begin{${name}}${tex}\\end{${name}}`;
}

const NOTHING = /^<math[^>]*><\/math>$/;
// As JSON: the binding cannot take a string that was put together of long pieces.
globalThis.convert = (tex, displayMode) => {
  try {
    const known = withGaps(withLines(withKnownNames(tex), displayMode));
    const tree = temml.__renderToMathMLTree(known, { displayMode, throwOnError: true, xml: true, macros: { ...MACROS } });
    withoutStyle(tree, tree.constructor);
    const markup = tree.toMarkup();
    return JSON.stringify(NOTHING.test(markup) ? null : markup);
  } catch (error) {
    return JSON.stringify(null);
  }
};
