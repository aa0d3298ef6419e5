// Builds elements. Text only ever becomes text nodes, so nothing a person or the clinic writes can
// become markup.

/** Return an element; `props` are properties, `on…` listeners, `data`, `attrs`; null kids are left out. */
export function h(tag, props = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null) continue;
    if (name === "data") Object.assign(node.dataset, value);
    else if (name === "attrs") for (const [key, text] of Object.entries(value)) { if (text !== null && text !== undefined) node.setAttribute(key, text); }
    else if (name === "testid") node.setAttribute("data-testid", value);
    else if (name === "label") node.setAttribute("aria-label", value);
    else if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node[name] = value;
  }
  node.append(...kids.flat().filter((kid) => kid !== null && kid !== undefined && kid !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Return an SVG element. */
export function s(tag, attrs = {}, ...kids) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attrs)) node.setAttribute(name, value);
  node.append(...kids);
  return node;
}

/** Keep the Tab key inside `box` and call `close` on Escape; returns a function that lets go. */
export function hold(box, close) {
  const before = document.activeElement;
  const keys = (event) => {
    if (event.key === "Escape") { event.stopPropagation(); close(); return; }
    if (event.key !== "Tab") return;
    const stops = [...box.querySelectorAll("button:not(:disabled), a[href], iframe, input, [tabindex='0']")];
    if (!stops.length) return;
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement === edge) { event.preventDefault(); (event.shiftKey ? stops.at(-1) : stops[0]).focus(); }
  };
  box.addEventListener("keydown", keys);
  return () => { box.removeEventListener("keydown", keys); if (before?.isConnected) before.focus({ preventScroll: true }); };
}
