// Sheets that slide up over a phone: a list's rows, and what can be attached.
import { h, hold } from "./dom.js";
import { rupees } from "./format.js";
import { icon } from "./icons.js";

/** Open a sheet over `screen`; returns {body, box, close}. */
function sheet(screen, title, testid) {
  let release = () => {};
  const close = () => { veil.remove(); box.remove(); release(); };
  const veil = h("div", { class: "veil", onclick: () => close() });
  const body = h("div", { class: "sheet-body" });
  const box = h("div", { class: "sheet", testid, attrs: { role: "dialog", "aria-modal": "true", "aria-label": title } },
    h("div", { class: "sheet-head" }, h("h3", { dir: "auto" }, title), h("button", { class: "round", type: "button", label: "Close", onclick: () => close() }, icon("close"))), body);
  screen.querySelectorAll(".sheet, .veil").forEach((old) => old.remove());
  screen.append(veil, box);
  release = hold(box, close);
  return { body, box, close };
}

// The chosen row shows its mark this long before the sheet goes.
const CHOSEN_MS = 160;

/** Let the person choose a row of a list message; `choose(option)` is called once. */
export function openList(screen, message, choose) {
  const { body, close } = sheet(screen, message.list_label, "list-sheet");
  const group = h("div", { attrs: { role: "radiogroup", "aria-label": message.list_label } });
  let chosen = false, section = "";
  const rows = message.options.map((option, at) => {
    if (option.section && option.section !== section) { section = option.section; group.append(h("div", { class: "section-title", dir: "auto" }, section)); }
    const row = h("button", { class: "row", type: "button", testid: "list-row", data: { option: option.id }, attrs: { role: "radio", "aria-checked": "false", tabindex: at ? "-1" : "0" }, onclick: () => pick(row, option) },
      h("span", { class: "row-words" }, h("span", { class: "row-title", dir: "auto" }, option.title), option.description && h("span", { class: "row-description", dir: "auto" }, option.description)), h("span", { class: "radio", attrs: { "aria-hidden": "true" } }));
    group.append(row);
    return row;
  });
  const pick = (row, option) => {
    if (chosen) return;
    chosen = true;
    row.setAttribute("aria-checked", "true");
    setTimeout(() => { close(); choose(option); }, CHOSEN_MS);
  };
  group.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    rows[(rows.indexOf(document.activeElement) + step + rows.length) % rows.length].focus();
  });
  body.append(group);
  rows[0]?.focus({ preventScroll: true });
}

/** Let the person review an order and pay it; `pay(outcome)` is called once. */
export function openOrder(screen, message, pay) {
  const { body, close } = sheet(screen, "Review and pay", "order-sheet");
  const choose = (outcome) => () => { close(); pay(outcome); };
  body.append(h("div", { class: "order-review" },
    h("b", { dir: "auto" }, message.order.about), h("span", { class: "order-amount" }, rupees(message.order.amount)), message.order.until && h("small", { dir: "auto" }, message.order.until),
    h("button", { class: "order-pay", type: "button", testid: "order-pay", onclick: choose("paid") }, `Pay ${rupees(message.order.amount)}`),
    h("button", { class: "order-fail", type: "button", testid: "order-fail", onclick: choose("failed") }, "Let the payment fail")));
  body.querySelector("button").focus({ preventScroll: true });
}

const ATTACHMENTS = [
  ["audio", "voice-note", "mic", "Voice note"], ["image", "photo", "photo", "Photo"], ["document", "photo", "photo", "Document"], ["sticker", "stick", "sticker", "Sticker"],
  ["location", "where", "pin", "Location"], ["reaction", "react", "smile", "Reaction"], ["unsupported", "poll", "poll", "Poll"],
];

/** Let the person attach something; `choose(type)` is called once. */
export function openAttach(screen, choose) {
  const { body, close } = sheet(screen, "Send", "attach-sheet");
  body.append(h("div", { class: "grid" }, ATTACHMENTS.map(([type, look, name, words]) => h("button", { type: "button", testid: `attach-${type}`, onclick: () => { close(); choose(type); } }, h("span", { class: `blob ${look}` }, icon(name)), words))));
  body.querySelector("button").focus({ preventScroll: true });
}
