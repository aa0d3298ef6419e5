// The browser inside a phone, where links of the clinic open.
import { h, hold } from "./dom.js";
import { icon } from "./icons.js";

const LOCAL = new Set(["localhost", "127.0.0.1"]);

/** Open `url` over `screen`, named `title` or by its address. Pages of other machines are only offered, never loaded. */
export function openBrowser(screen, url, title) {
  const address = new URL(url, location.href);
  const local = LOCAL.has(address.hostname) && /^https?:$/.test(address.protocol);
  let release = () => {};
  const close = () => { box.remove(); release(); };
  const tab = () => ({ href: address.href, target: "_blank", rel: "noopener noreferrer" });
  const page = h("div", { class: "browser-page" });
  const box = h("div", { class: "browser", testid: "browser", attrs: { role: "dialog", "aria-modal": "true", "aria-label": address.host } },
    h("div", { class: "browser-bar" },
      h("button", { class: "round", type: "button", label: "Close", testid: "close-browser", onclick: close }, icon("close")),
      h("div", { class: "browser-host" }, h("b", { dir: "auto" }, title ?? (address.host || address.protocol)), !title && h("span", {}, address.pathname)),
      h("a", { class: "browser-tab", ...tab(), label: "Open in a tab", title: "Open in a tab", testid: "open-tab" }, icon("link"))),
    page);
  if (local) {
    const wait = h("div", { class: "browser-wait" });
    const frame = h("iframe", { title: address.host, testid: "browser-frame", referrerPolicy: "no-referrer", onload: () => wait.remove() });
    // Browsers show no PDF in a sandbox; the simulator's own files are documents and no pages.
    if (address.origin !== location.origin) frame.setAttribute("sandbox", "allow-forms allow-scripts allow-same-origin allow-popups allow-downloads");
    frame.src = address.href;
    page.append(wait, frame);
    // Whether a page forbids being framed cannot be asked, so the way out is always shown.
    box.append(h("p", { class: "browser-note" }, "Nothing here? ", h("a", tab(), "Open it in a tab")));
  } else {
    page.append(h("div", { class: "browser-away" }, h("p", {}, "This address is not on this machine."), h("a", tab(), address.href)));
  }
  screen.querySelector(".browser")?.remove();
  screen.append(box);
  release = hold(box, close);
  box.querySelector("button").focus({ preventScroll: true });
}
