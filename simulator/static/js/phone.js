// One person's phone: the chat that is open, or the list of chats.
import { api } from "./api.js";
import { openBrowser } from "./browser.js";
import { summary } from "./bubble.js";
import { Composer } from "./composer.js";
import { h } from "./dom.js";
import { dayOf, initials, readable, timeOf } from "./format.js";
import { gauges, icon, tick, verified } from "./icons.js";
import { openAttach, openList, openOrder } from "./sheet.js";
import { Thread } from "./thread.js";
import { toast } from "./toast.js";
import { isFailed } from "./world.js";

const ROLES = { patient: "Patient", doctor: "Doctor", admin: "Admin" };

// Tints of the businesses' pictures, in the order of their numbers.
const TINTS = 4;

/** Return the picture of a business: its initials, in a colour of its own. */
function businessAvatar(world, number) {
  const place = [...world.numbers.keys()].indexOf(number);
  return h("span", { class: `avatar business tint-${place % TINTS}`, attrs: { "aria-hidden": "true" } }, initials(world.numbers.get(number).name));
}

/** A phone on the desk. `element` is what is shown. */
export class Phone {
  #world; #thread = null; #composer = null; #open; #drafts = new Map(); #visible = false; #typingTimer = 0;

  constructor(world, waId) {
    this.#world = world;
    this.waId = waId;
    const person = this.person;
    this.screen = h("div", { class: "screen" });
    this.clock = h("span");
    this.element = h("section", { class: "slot", testid: `phone-${waId}`, data: { role: person.role, wa: waId }, label: `${person.name}, ${ROLES[person.role]}` },
      h("div", { class: "slot-head" }, this.#name = h("h2", { class: "slot-name", dir: "auto" }, person.name), h("span", { class: "role" }, ROLES[person.role]), h("span", { class: "slot-number", title: person.send_phone ? "" : "Has a username: webhooks do not tell the number" }, person.send_phone ? readable(waId) : "@username")),
      h("div", { class: "device" }, this.screen));
    // Only what is really on the screen counts as seen.
    this.watcher = new IntersectionObserver(([entry]) => { this.#visible = entry.intersectionRatio > 0.3; this.#see(); }, { threshold: [0, 0.35] });
    this.watcher.observe(this.element);
    this.openChat(person.number);
  }

  #name;

  get person() { return this.#world.phones.get(this.waId); }

  /** Stop watching; the phone is taken off the desk. */
  leave() { this.watcher.disconnect(); this.#thread?.watcher.disconnect(); }

  #bar() {
    this.clock.textContent = timeOf(Date.now() / 1000);
    return h("div", { class: "statusbar", attrs: { "aria-hidden": "true" } }, this.clock, gauges());
  }

  #show(...parts) {
    if (this.#open) this.#drafts.set(this.#open, this.#composer?.input.value ?? "");
    this.#thread?.watcher.disconnect();
    this.screen.replaceChildren(this.#bar(), ...parts);
  }

  /** Open the chat with a business number. */
  openChat(number, text = "") {
    this.#show();
    this.#open = number;
    const business = this.#world.numbers.get(number);
    const hands = {
      tap: (message, option) => this.#do(api.tap(this.waId, number, message.id, option.id)),
      openList: (message) => openList(this.screen, message, (option) => this.#do(api.tap(this.waId, number, message.id, option.id))),
      openLink: (url, title) => this.openLink(url, title),
      openOrder: (message) => openOrder(this.screen, message, (outcome) => this.#do(api.pay(this.waId, message.id, outcome))),
      reply: (message) => this.#composer.replyTo(message, business.name),
      react: (message, emoji) => this.#do(api.media(this.waId, number, "reaction", { message_id: message.id, emoji })),
      say: (words) => this.#do(api.text(this.waId, number, words)),
      copy: (code) => navigator.clipboard.writeText(code).then(() => toast("Code copied"), () => toast(`The code is ${code}`)),
    };
    this.#thread = new Thread(this.#world, this.person, number, hands);
    this.#composer = new Composer({
      name: this.person.name,
      send: (words, replyTo) => api.text(this.waId, number, words, replyTo).catch((error) => { toast(error.message); throw error; }),
      attach: () => openAttach(this.screen, (type) => this.#do(api.media(this.waId, number, type))),
    });
    this.#composer.element.addEventListener("submit", () => this.#thread.toEnd());
    this.back = h("span");
    this.state = h("div", { class: "head-state" });
    this.head = h("header", { class: "chat-head" }, this.back, businessAvatar(this.#world, number), h("div", { class: "head-words" }, h("div", { class: "head-name" }, h("span", { dir: "auto" }, business.name), verified()), this.state));
    this.screen.replaceChildren(this.#bar(), h("div", { class: "view", testid: "chat", data: { number } }, this.head, this.#thread.wall, this.#composer.element));
    this.#headline();
    this.#thread.toEnd();
    const draft = text || this.#drafts.get(number) || "";
    if (text) this.#composer.fill(draft); else this.#composer.input.value = draft;
    this.#see();
  }

  /** Show the list of chats, newest first, then the numbers never written to. */
  openList() {
    this.#show();
    this.#open = null;
    this.#thread = null;
    this.#composer = null;
    this.rows = h("div", { class: "chats" });
    this.screen.replaceChildren(this.#bar(), h("div", { class: "view", testid: "chat-list" }, h("header", { class: "chat-head chats-head plain" }, h("h2", {}, "Chats")), this.rows));
    this.#list();
    this.rows.querySelector("button")?.focus({ preventScroll: true });
  }

  #list() {
    const known = this.#world.numbersOf(this.waId);
    const others = [...this.#world.numbers.keys()].filter((number) => !known.includes(number));
    this.rows.replaceChildren(...[...known, ...others].map((number) => {
      const last = this.#world.thread(this.waId, number).findLast((message) => !isFailed(message));
      const unread = this.#world.unread(this.waId, number);
      const today = last && dayOf(last.timestamp) === dayOf(Date.now() / 1000);
      return h("button", { class: `chat-row${unread ? " unread" : ""}`, type: "button", testid: "chat-row", data: { number }, onclick: () => this.openChat(number) }, businessAvatar(this.#world, number),
        h("span", { class: "chat-row-words" },
          h("span", { class: "chat-row-top" }, h("span", { class: "chat-row-name" }, this.#world.numbers.get(number).name), last && h("span", { class: "chat-row-time" }, today ? timeOf(last.timestamp) : dayOf(last.timestamp))),
          h("span", { class: "chat-row-bottom" }, last?.from === "user" && h("span", { class: "meta" }, tick(last.tick)), h("span", { class: "chat-row-last", dir: "auto" }, last ? summary(last) : this.#world.numbers.get(number).about || "Start a chat"), unread > 0 && h("span", { class: "chip-badge" }, String(unread)))));
    }));
  }

  #headline() {
    if (!this.#thread) return;
    const others = this.#world.numbers.size > 1;
    const elsewhere = this.#world.unread(this.waId) - this.#world.unread(this.waId, this.#open);
    this.head.classList.toggle("plain", !others);
    this.back.replaceChildren(...(others ? [h("button", { class: "round", type: "button", label: elsewhere ? `Chats, ${elsewhere} unread` : "Chats", testid: "back", onclick: () => this.openList() }, icon("back"), elsewhere > 0 && h("span", { class: "count" }, String(elsewhere)))] : []));
    const left = this.#thread.typingLeft();
    this.state.textContent = left > 0 ? "typing…" : this.#world.online ? "online" : "waiting for network";
    this.state.classList.toggle("typing", left > 0);
    clearTimeout(this.#typingTimer);
    if (left > 0) this.#typingTimer = setTimeout(() => this.#headline(), left * 1000 + 50);
  }

  /** Draw what changed. */
  update({ all, fresh }) {
    this.#name.textContent = this.person.name;
    this.clock.textContent = timeOf(Date.now() / 1000);
    if (!this.#open) this.#list();
    else if (all) this.openChat(this.#open);
    else { this.#thread.update(fresh); this.#headline(); this.#see(); }
  }

  /** Show whether the simulator can be reached. */
  network() { this.#headline(); }

  /** Tell the simulator that the open chat is on screen. */
  #see() {
    if (!this.#open || !this.#visible || document.visibilityState !== "visible") return;
    const last = this.#world.thread(this.waId, this.#open).findLast((message) => message.from === "business");
    if (last && last.index > this.#world.chat(this.waId, this.#open).seen_index) api.seen(this.waId, this.#open, last.index).catch(() => {});
  }

  /** Look again at what is on screen, after the window came back. */
  look() { this.#see(); }

  /** Open a link: another chat for WhatsApp's own links, the phone's browser for the rest. */
  openLink(url, title) {
    const chat = /^https:\/\/(?:wa\.me\/|api\.whatsapp\.com\/send\/?\?phone=)(\d+)/.exec(url);
    const business = chat && [...this.#world.numbers.values()].find((one) => one.display_phone_number === chat[1]);
    if (business) this.openChat(business.phone_number_id, new URL(url).searchParams.get("text") ?? "");
    else if (url.startsWith("tel:")) toast(`Calls ${url.slice(4)}`);
    else openBrowser(this.screen, url, title);
  }

  /** Put the cursor into the line. */
  focus() { this.#composer?.input.focus({ preventScroll: true }); }

  #do(promise) { return promise.catch((error) => toast(error.message)); }
}
