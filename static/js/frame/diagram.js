// Draws the diagram it is sent, and answers with its height or that it cannot. This page has no origin.
let count = 0;
let width = 0;
function tell() {
  width = innerWidth;
  const natural = document.querySelector("#drawing svg")?.viewBox.baseVal?.width || 0;
  parent.postMessage({ height: Math.ceil(document.body.getBoundingClientRect().height), natural }, "*");
}
// Another width is another height. One that fills its frame has its shape, which does not change.
addEventListener("resize", () => {
  const drawing = document.getElementById("drawing");
  if (innerWidth !== width && drawing.firstChild && !drawing.className) tell();
});
// The policy would stop what a label's HTML or a style of its own tries; it does not come that far.
const OWN_STYLES = ["themeCSS", "themeVariables", "fontFamily", "altFontFamily", "htmlLabels", "flowchart", "class"];
const SECURE = ["secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize", ...OWN_STYLES];
const withoutTags = (text) => text.replace(/(?<!<)<(?=[a-z!/?])(?!br\s*\/?>)/gi, "#lt;");
addEventListener("message", async ({ source, data }) => {
  if (source !== parent || typeof data?.text !== "string") return;
  document.documentElement.style.colorScheme = data.dark ? "dark" : "light";
  const drawing = document.getElementById("drawing");
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    secure: SECURE,
    suppressErrorRendering: true,
    maxTextSize: 50000,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    class: { htmlLabels: false },
    theme: data.dark ? "dark" : "neutral",
    fontFamily: "system-ui, sans-serif",
  });
  try {
    count += 1;
    const { svg } = await mermaid.render(`drawing-${count}`, withoutTags(data.text));
    drawing.innerHTML = svg;
    drawing.className = data.fills ? "fills" : "";
    tell();
  } catch (fault) {
    parent.postMessage({ fault: String(fault?.message || fault).slice(0, 300) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
