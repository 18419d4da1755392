// Runs in a page as the body of a function; returns what is wrong with it, as sentences.
const wrong = [];
const say = (what, element) => wrong.push(`${what}: ${element.outerHTML.slice(0, 160)}`);
const seen = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;

// The document.
if (!document.documentElement.lang) wrong.push("the language is not said");
if (!document.title.trim()) wrong.push("there is no title");
if (document.querySelectorAll("h1").length !== 1) wrong.push("there is not one h1");
if (document.querySelectorAll("main").length !== 1) wrong.push("there is not one main");

// Ids, and what refers to them.
const ids = new Set();
for (const element of document.querySelectorAll("[id]")) {
  if (ids.has(element.id)) say("an id is there twice", element);
  ids.add(element.id);
}
for (const name of ["aria-describedby", "aria-labelledby", "for"]) {
  for (const element of document.querySelectorAll(`[${name}]`)) {
    for (const id of element.getAttribute(name).split(/\s+/)) if (!ids.has(id)) say(`${name} names nothing`, element);
  }
}
for (const link of document.querySelectorAll("a[href^='#']")) {
  if (!ids.has(link.hash.slice(1))) say("a link leads nowhere", link);
}

// Names of controls, and room for a finger (WCAG 2.5.8: 24 by 24, but for links within a sentence).
const nameOf = (element) =>
  [...(element.labels || [])].map((label) => label.textContent).join(" ").trim() ||
  element.getAttribute("aria-label") || (element.matches("a, button") ? element.textContent.trim() : "");
for (const control of document.querySelectorAll("a[href], button, input, select, textarea")) {
  if (control.type === "hidden") continue;
  if (!nameOf(control)) say("a control has no name", control);
  const { width, height } = control.getBoundingClientRect();
  if (seen(control) && !control.matches("a, .away *") && (width < 24 || height < 24)) say("a control is too small", control);
}
for (const group of document.querySelectorAll("fieldset")) {
  if (!group.querySelector("legend")?.textContent.trim()) say("a group has no name", group);
}

// Contrast. A canvas turns every way of writing a colour into numbers.
const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function parse(color) {
  canvas.clearRect(0, 0, 1, 1);
  canvas.fillStyle = color;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
  return [red, green, blue, alpha / 255];
}
const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
function behind(element) {
  if (!element) return parse("Canvas");
  const own = parse(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own : over(own, behind(element.parentElement));
}
function luminance(color) {
  const [red, green, blue] = color.slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
function faded(element) {
  return element ? Number(getComputedStyle(element).opacity) * faded(element.parentElement) : 1;
}
function demand(least, what, element, color, background) {
  const ink = parse(color);
  ink[3] *= faded(element);
  const found = contrast(over(ink, background), background);
  if (found < least) say(`${what} has a contrast of ${found.toFixed(2)}, at least ${least} is wanted`, element);
}
const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
for (const element of document.body.querySelectorAll("*")) {
  if (!seen(element) || element.matches("script, style, .away *")) continue;
  const style = getComputedStyle(element);
  const field = element.matches("input, select, textarea");
  if (field || hasText(element)) demand(4.5, "text", element, style.color, behind(element));
  // The edge of a field is how it is known (WCAG 1.4.11).
  if (field && style.borderStyle === "solid") demand(3, "an edge", element, style.borderTopColor, behind(element.parentElement));
}
return wrong;
