// The icons, drawn for this page.
import { s } from "./dom.js";

const PATHS = {
  back: ["M15 5l-7 7 7 7"],
  attach: ["M12 5v14M5 12h14"],
  send: ["M4 12l16-8-5.5 16-3.5-6.5z", "M11 13.5L20 4"],
  list: ["M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01"],
  reply: ["M10 6L4 12l6 6", "M4 12h9c4 0 7 2 7 7"],
  link: ["M14 4h6v6M20 4l-9 9", "M18 14v4a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2h4"],
  phone: ["M6 3h3l2 5-2.5 1.5a12 12 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z"],
  copy: ["M9 9h11v11H9z", "M15 9V4H4v11h5"],
  close: ["M6 6l12 12M18 6L6 18"],
  mic: ["M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z", "M5 11a7 7 0 0 0 14 0M12 18v3"],
  photo: ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M15.5 9h.01"],
  sticker: ["M5 4h14v9l-6 7H5z", "M19 13h-6v7", "M9 9h.01M14 9h.01"],
  pin: ["M12 21s-7-6.2-7-11.5a7 7 0 0 1 14 0C19 14.8 12 21 12 21z", "M12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"],
  poll: ["M6 20v-7M12 20V5M18 20v-10"],
  smile: ["M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z", "M8.5 14.5c1.8 2.2 5.2 2.2 7 0M9 9.5h.01M15 9.5h.01"],
  play: ["M7 5l12 7-12 7z"],
  down: ["M6 9l6 6 6-6"],
  doc: ["M6 3h8l5 5v13H6z", "M14 3v5h5"],
  plus: ["M12 5v14M5 12h14"],
};

/** Return the icon of that name. */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, ...PATHS[name].map((d) => s("path", { d })));
}

/** Return a tick: clock while the product has not taken the message, grey then, blue once read. */
export function tick(state) {
  if (state === "pending" || state === "dropped") {
    return s("svg", { class: "clock", viewBox: "0 0 12 12", role: "img", "aria-label": "waiting", fill: "none", stroke: "currentColor", "stroke-width": 1.2, "stroke-linecap": "round" }, s("circle", { cx: 6, cy: 6, r: 4.8 }), s("path", { d: "M6 3.3V6l1.8 1.2" }));
  }
  const read = state === "read";
  return s("svg", { class: read ? "read" : "", viewBox: "0 0 17 12", role: "img", "aria-label": read ? "read" : "delivered", fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" }, s("path", { d: "M1 6.8L4 9.8L10.5 2.5M7.5 9L8.3 9.8L15.5 2.5" }));
}

/** Return the badge of a verified business. */
export function verified() {
  return s("svg", { class: "verified", viewBox: "0 0 24 24", role: "img", "aria-label": "verified business" },
    s("path", { fill: "#28b978", d: "M12 1.5l2.7 2.2 3.5-.3 1.1 3.3 3 1.8-.9 3.5.9 3.5-3 1.8-1.1 3.3-3.5-.3L12 22.5l-2.7-2.2-3.5.3-1.1-3.3-3-1.8.9-3.5-.9-3.5 3-1.8 1.1-3.3 3.5.3z" }),
    s("path", { fill: "none", stroke: "#fff", "stroke-width": 2.4, "stroke-linecap": "round", "stroke-linejoin": "round", d: "M7.8 12.2l3 3 5.5-6" }));
}

/** Return the signal, network and battery of a phone's status bar. */
export function gauges() {
  return s("svg", { viewBox: "0 0 46 12", "aria-hidden": "true", fill: "currentColor" },
    s("path", { d: "M0 8h2.5v3H0zM4 6h2.5v5H4zM8 3.5h2.5V11H8zM12 1h2.5v10H12z" }),
    s("rect", { x: 23, y: 1.5, width: 19, height: 9, rx: 2.5, fill: "none", stroke: "currentColor" }),
    s("rect", { x: 24.8, y: 3.2, width: 13, height: 5.6, rx: 1.2 }), s("path", { d: "M43.5 4.2v3.6c.9-.2 1.5-.9 1.5-1.8s-.6-1.6-1.5-1.8z" }));
}

/** Return the sticker everybody sends: a waving pill. */
export function sticker() {
  return s("svg", { class: "sticker", viewBox: "0 0 120 120", role: "img", "aria-label": "sticker" },
    s("path", { fill: "#fff", d: "M60 8c29 0 52 22 52 52s-23 52-52 52S8 90 8 60 31 8 60 8z" }),
    s("g", { transform: "rotate(35 60 60)" }, s("path", { fill: "#f2665c", d: "M38 60V46a22 22 0 0 1 44 0v14z" }), s("path", { fill: "#ffd66b", d: "M38 60v14a22 22 0 0 0 44 0V60z" })),
    s("g", { fill: "none", stroke: "#2b3036", "stroke-width": 3.6, "stroke-linecap": "round" }, s("path", { d: "M50 56h.1M70 56h.1M50 68c5 7 15 7 20 0M93 42c5-3 8-8 8-13M27 78c-5 3-8 7-9 12" })));
}

/** Return a small map with a pin. */
export function map() {
  return s("svg", { viewBox: "0 0 240 120", "aria-hidden": "true" },
    s("rect", { width: 240, height: 120, fill: "#e6ead9" }), s("path", { fill: "#cfe5bd", d: "M0 0h84l20 44-36 40L0 70z" }), s("path", { fill: "#bfdcea", d: "M150 120c6-26 40-30 90-34v34z" }),
    s("g", { fill: "none", stroke: "#fff", "stroke-width": 8 }, s("path", { d: "M-5 96L110 60 245 28M110 60l22 70M90 -5l20 65M180 -5l10 125" })),
    s("path", { fill: "#e2453c", stroke: "#fff", "stroke-width": 2, d: "M120 76s-17-16-17-29a17 17 0 0 1 34 0c0 13-17 29-17 29z" }), s("circle", { cx: 120, cy: 47, r: 6, fill: "#fff" }));
}
