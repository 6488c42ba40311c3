// Draws the diagram it is sent, and answers with its height or that it cannot. This page has no origin.
let count = 0;
// The policy would stop what a label's HTML or a style of its own tries; it does not come that far.
const OWN_STYLES = ["themeCSS", "themeVariables", "fontFamily", "altFontFamily", "htmlLabels", "flowchart", "class"];
const SECURE = ["secure", "securityLevel", "startOnLoad", "suppressErrorRendering", "maxTextSize", ...OWN_STYLES];
const withoutTags = (text) => text.replace(/(?<!<)<(?=[a-z!/?])(?!br\s*\/?>)/gi, "#lt;");
addEventListener("message", async ({ source, data }) => {
  if (source !== parent || typeof data?.text !== "string") return;
  document.documentElement.style.colorScheme = data.dark ? "dark" : "light";
  const place = document.getElementById("drawing");
  mermaid.initialize({
    startOnLoad: false, securityLevel: "strict", secure: SECURE, suppressErrorRendering: true, maxTextSize: 50000,
    htmlLabels: false, flowchart: { htmlLabels: false }, class: { htmlLabels: false },
    theme: data.dark ? "dark" : "neutral", fontFamily: "system-ui, sans-serif",
  });
  try {
    const { svg } = await mermaid.render(`drawing-${(count += 1)}`, withoutTags(data.text));
    place.innerHTML = svg;
    parent.postMessage({ height: Math.ceil(document.body.scrollHeight) }, "*");
  } catch (fault) {
    parent.postMessage({ fault: String(fault?.message || fault).slice(0, 300) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
