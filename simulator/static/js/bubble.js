// One message as the person sees it.
import { h, hold } from "./dom.js";
import { format, isEmoji, plain, rupees, timeOf } from "./format.js";
import { icon, map, sticker, tick } from "./icons.js";
import { isFailed } from "./world.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
// A touch this long shows what can be done with a message, as on a phone.
const HOLD_MS = 450;
const WAVE = [30, 55, 42, 80, 62, 35, 90, 70, 48, 66, 100, 58, 38, 72, 50, 84, 44, 30, 62, 40, 54, 28, 46, 34];

/** Return the words that stand for a message in a chat list or a quote. */
export function summary(message) {
  if (message.text) return plain(message.text);
  const kind = message.media?.kind;
  return { image: "Photo", audio: "Voice message", sticker: "Sticker", location: "Location", contacts: "Contact", document: message.media?.filename ?? "Document", video: "Video", poll: "Poll" }[kind] ?? "Message";
}

/** Return what a reply quotes; tapping it scrolls to the quoted message. */
export function quote(message, who, show) {
  return h("button", { class: "quote", type: "button", onclick: show }, h("b", {}, who), h("span", { dir: "auto" }, summary(message)));
}

/**
 * Return a message's element.
 * `hands` does what a person can do: tap(message, option), openList(message), openLink(url, title),
 * openOrder(message), reply(message), react(message, emoji), show(id), say(text), copy(text).
 */
export function bubble(message, { lead, quoted, businessName, hands }) {
  const mine = message.from === "user";
  const failed = isFailed(message);
  const bare = message.media?.kind === "sticker";
  const actions = actionsOf(message, hands, failed);
  const time = timeOf(message.timestamp);
  // The time sits at the end of the last line if it fits there: the line ends in a gap of its size.
  const gap = () => h("span", { class: `meta-gap${mine ? " ticked" : ""}`, attrs: { "aria-hidden": "true" } });
  const huge = isEmoji(message.text);
  const inner = h("div", { class: "inner" },
    message.header && h("div", { class: "msg-header", dir: "auto" }, message.header),
    message.text && h("div", { class: `text${huge ? " huge" : ""}`, dir: "auto" }, format(message.text, hands.openLink), !message.footer && !huge && gap()),
    message.footer && h("div", { class: "msg-footer", dir: "auto" }, message.footer, gap()),
    ((!message.text && !message.footer) || huge) && h("div", { class: "meta-line" }),
    h("span", { class: "meta" }, h("time", { dateTime: new Date(message.timestamp * 1000).toISOString() }, time), mine && tick(message.tick)));
  const box = h("div", { class: "bubble" },
    quoted && h("div", { class: "media-pad" }, quote(quoted, quoted.from === "user" ? "You" : businessName, () => hands.show(quoted.id))),
    mediaOf(message, hands), orderOf(message.order), inner, actions.length > 0 && h("div", { class: "actions" }, actions));
  const element = h("article", {
    class: ["msg", mine && "user", lead && "lead", bare && "bare", failed && "failed", actions.length && "wide"].filter(Boolean).join(" "),
    testid: "bubble", label: `${mine ? "You" : businessName}, ${timeOf(message.timestamp)}`,
    data: { id: message.id, from: message.from, index: message.index },
  }, box, reactionsOf(message), noteOf(message, failed));
  if (!mine && !failed) box.append(tools(message, element, hands));
  return element;
}

function actionsOf(message, hands, failed) {
  const off = failed;
  const actions = [];
  if (message.list_label) {
    actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "list-open", attrs: { "aria-haspopup": "dialog" }, onclick: () => hands.openList(message) }, icon("list"), message.list_label));
  } else {
    for (const option of message.options) {
      actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "option", data: { option: option.id }, onclick: () => hands.tap(message, option) }, icon("reply"), h("span", { dir: "auto" }, option.title)));
    }
  }
  if (message.order?.reference && orderState(message.order) === "pending") actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "review-and-pay", attrs: { "aria-haspopup": "dialog" }, onclick: () => hands.openOrder(message) }, icon("doc"), "Review and pay"));
  if (message.asks_location) actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "option", onclick: () => hands.tap(message, { id: "Send location" }) }, icon("pin"), "Send location"));
  if (message.asks_contact) actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "option", onclick: () => hands.tap(message, { id: "Share contact info" }) }, icon("phone"), "Share contact info"));
  for (const link of message.links) {
    actions.push(h("button", { class: "action", type: "button", disabled: off, testid: "link-button", data: { url: link.url }, attrs: { "aria-haspopup": "dialog" }, onclick: () => hands.openLink(link.url) }, icon(link.url.startsWith("tel:") ? "phone" : "link"), h("span", { dir: "auto" }, link.label)));
  }
  if (message.code) actions.push(h("button", { class: "action", type: "button", testid: "copy-code", onclick: () => hands.copy(message.code) }, icon("copy"), message.code_label));
  return actions;
}

/** Return how an order looks to the person: what the business says of it, and what was paid. */
function orderState(order) {
  if (["completed", "canceled"].includes(order.status)) return order.status;
  if (order.attempts?.some((attempt) => attempt.status === "success")) return "paid";
  return order.expires && order.expires * 1000 < Date.now() ? "expired" : "pending";
}

function orderOf(order) {
  if (!order?.reference && !order?.of) return null;
  const state = order.of ? order.status : orderState(order);
  return h("div", { class: "order", testid: "order", data: { state } },
    h("span", { class: "order-words" }, h("b", { dir: "auto" }, order.about || "Order"), order.until && state === "pending" && h("small", { dir: "auto" }, order.until)),
    h("span", { class: "order-side" }, order.amount && h("b", {}, rupees(order.amount)), h("small", { class: `order-state ${state}` }, state)));
}

function mediaOf(message, hands) {
  const { kind, link, id } = message.media ?? {};
  switch (kind) {
    case "image":
      return h("div", { class: "media-pad" }, h("button", { class: "picture", type: "button", label: "Photo", onclick: () => hands.openLink(link ?? `${location.origin}/photos/${id}`) }, h("img", { src: link ?? `/photos/${id}`, alt: "", loading: "lazy", referrerPolicy: "no-referrer" })));
    case "document": case "video": {
      const name = message.media.filename ?? (kind === "video" ? "Video" : link?.split("/").at(-1)?.split("?")[0] ?? "Document");
      const type = (name.includes(".") ? name.split(".").at(-1) : "PDF").slice(0, 4).toUpperCase();
      const file = kind === "document" && id ? `${location.origin}/files/${id}` : link;
      const size = message.media.file_size ? `${Math.ceil(message.media.file_size / 1024)} kB · ${type}` : type;
      return h("div", { class: "media-pad" }, h("button", { class: "document", type: "button", testid: "document", disabled: isFailed(message), onclick: () => file && hands.openLink(file, name) }, h("span", { class: "paper" }, type), h("span", {}, h("b", { dir: "auto" }, name), h("small", {}, size))));
    }
    case "audio": {
      const wave = h("span", { class: "voice-wave", attrs: { "aria-hidden": "true" } }, WAVE.map((height, at) => { const bar = h("i"); bar.style.height = `${height}%`; bar.style.setProperty("--at", at / WAVE.length); return bar; }));
      const note = h("div", { class: "voice" });
      note.append(h("button", { class: "voice-play", type: "button", label: "Play voice message", onclick: () => { note.classList.remove("playing"); void note.offsetWidth; note.classList.add("playing"); } }, icon("play")), wave, h("span", { class: "msg-footer" }, `0:0${message.media.seconds ?? 4}`));
      return h("div", { class: "media-pad" }, note);
    }
    case "sticker": return sticker();
    case "location": return h("div", { class: "media-pad" }, h("div", { class: "map" }, map()), h("div", { class: "place" }, h("b", {}, message.media.name ?? "Location"), h("span", {}, message.media.address ?? `${message.media.latitude}, ${message.media.longitude}`)));
    case "contacts": return h("div", { class: "media-pad" }, h("div", { class: "place" }, h("b", { dir: "auto" }, message.media.name), h("span", {}, message.media.phone)));
    case "poll": return h("div", { class: "media-pad" }, h("div", { class: "place" }, h("b", {}, "📊 Shall we meet?"), h("span", {}, "Poll: a kind of message the Cloud API does not carry")));
    default: return null;
  }
}

function reactionsOf(message) {
  const given = Object.values(message.reactions ?? {});
  return given.length ? h("span", { class: "reactions", testid: "reactions" }, given.join("")) : null;
}

/** What only developers want to know: why a message failed or still waits. */
function noteOf(message, failed) {
  if (failed) {
    const error = message.statuses.find((one) => one.status === "failed").errors?.[0] ?? {};
    return h("span", { class: "note", testid: "failed-note", title: error.error_data?.details ?? "" }, `not delivered · ${error.code ?? "failed"} ${error.title ?? ""}`);
  }
  if (message.tick === "dropped") return h("span", { class: "note" }, `webhook given up · ${message.note}`);
  if (message.tick === "pending" && message.note) return h("span", { class: "note wait", testid: "waiting-note" }, /^\d+$/.test(message.note) ? `webhook answered ${message.note}, retrying` : `webhook: ${message.note}, retrying`);
  return null;
}

function tools(message, element, hands) {
  const box = h("div", { class: "tools" });
  const picker = () => {
    const open = element.querySelector(".emojis");
    if (open) { open.remove(); return; }
    const mine = message.reactions?.user;
    let release = () => {};
    const close = () => { row.remove(); element.classList.remove("held"); release(); };
    const row = h("div", { class: "emojis", attrs: { role: "group", "aria-label": "React" } }, EMOJI.map((emoji) => h("button", {
      type: "button", label: emoji, attrs: { "aria-pressed": String(emoji === mine) },
      onclick: () => { close(); hands.react(message, emoji === mine ? "" : emoji); },
    }, emoji)));
    element.append(row);
    release = hold(row, close);
    row.querySelector("button").focus({ preventScroll: true });
    row.addEventListener("focusout", (event) => { if (!row.contains(event.relatedTarget)) close(); });
  };
  box.append(
    h("button", { type: "button", label: "React", testid: "react", onclick: picker }, icon("smile")),
    h("button", { type: "button", label: "Reply", testid: "reply", onclick: () => hands.reply(message) }, icon("reply")));
  let timer = 0;
  element.addEventListener("touchstart", () => { timer = setTimeout(() => { element.classList.add("held"); picker(); }, HOLD_MS); }, { passive: true });
  for (const end of ["touchend", "touchmove", "touchcancel"]) element.addEventListener(end, () => clearTimeout(timer), { passive: true });
  return box;
}
