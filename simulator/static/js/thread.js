// The messages of one chat: kept in step with the world, scrolled like WhatsApp scrolls.
import { bubble } from "./bubble.js";
import { h } from "./dom.js";
import { dayOf } from "./format.js";
import { icon } from "./icons.js";

// This close to the end counts as being there.
const NEAR_END_PX = 60;

/** The scrolling part of one chat. */
export class Thread {
  #elements = new Map();
  #world; #phone; #number; #hands; #typing; #typingTimer = 0;

  constructor(world, phone, number, hands) {
    [this.#world, this.#phone, this.#number, this.#hands] = [world, phone, number, { ...hands, show: (id) => this.show(id) }];
    this.log = h("div", { class: "log", attrs: { role: "log", "aria-live": "polite", "aria-relevant": "additions", tabindex: "0" }, label: `Messages with ${this.#business.name}` });
    this.newer = h("button", { class: "newer", type: "button", hidden: true, testid: "newer", onclick: () => this.toEnd(true) }, icon("down"), "New messages");
    this.wall = h("div", { class: "wall" }, this.log, this.newer);
    this.log.addEventListener("scroll", () => { if (this.#atEnd()) this.newer.hidden = true; }, { passive: true });
    this.#typing = h("div", { class: "typing-bubble", label: "typing", attrs: { role: "img" } }, h("i"), h("i"), h("i"));
    // A keyboard that opens, or a window made smaller, must not hide the newest message.
    let height = 0;
    this.watcher = new ResizeObserver(() => { const at = this.log.clientHeight; if (height && this.log.scrollHeight - this.log.scrollTop - height < NEAR_END_PX) this.toEnd(); height = at; });
    this.watcher.observe(this.log);
    this.update(new Set());
    this.toEnd();
  }

  get #business() { return this.#world.numbers.get(this.#number); }

  #atEnd() { return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PX; }

  /** Scroll to the newest message. */
  toEnd(smooth = false) {
    this.log.scrollTo({ top: this.log.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.newer.hidden = true;
  }

  /** Scroll to a message and make it light up. */
  show(id) {
    const element = this.#elements.get(id)?.element;
    if (!element) return;
    element.scrollIntoView({ block: "center", behavior: "smooth" });
    element.classList.remove("flash");
    void element.offsetWidth;
    element.classList.add("flash");
  }

  /** Draw what changed; `fresh` are the ids of new messages, which arrive with a movement. */
  update(fresh) {
    const messages = this.#world.thread(this.#phone.wa_id, this.#number);
    const wasAtEnd = this.#atEnd();
    this.#typing.remove();
    this.#first(messages.length === 0);
    let before = null, changed = false, arrived = false;
    for (const message of messages) {
      const key = JSON.stringify(message);
      const known = this.#elements.get(message.id);
      const day = dayOf(message.timestamp);
      const newDay = !before || dayOf(before.timestamp) !== day;
      const lead = newDay || before.from !== message.from;
      if (known?.key !== key) {
        const quoted = message.context ? this.#world.byId.get(message.context) : null;
        const element = bubble(message, { lead, quoted, businessName: this.#business.name, hands: this.#hands });
        if (known) {
          const focused = known.element.contains(document.activeElement) && document.activeElement.dataset.testid;
          known.element.replaceWith(element);
          if (focused) element.querySelector(`[data-testid="${focused}"]`)?.focus({ preventScroll: true });
        } else {
          if (newDay) this.log.append(h("div", { class: "day" }, day));
          if (fresh.has(message.id)) { element.classList.add("fresh"); arrived ||= message.from === "business"; }
          this.log.append(element);
        }
        this.#elements.set(message.id, { element, key });
        changed = true;
      }
      before = message;
    }
    this.#showTyping();
    const own = messages.at(-1)?.from === "user" && fresh.has(messages.at(-1).id);
    if (own || wasAtEnd) this.toEnd();
    else if (arrived) this.newer.hidden = false;
    return changed;
  }

  /** Show or remove what stands in an empty chat. */
  #first(empty) {
    this.log.querySelector(".first-note")?.remove();
    if (!empty) return;
    const hello = "Hi";
    this.log.append(h("div", { class: "first-note" },
      h("strong", {}, this.#business.name), this.#business.about || "Business account", h("br"),
      this.#phone.hint || "Write the first message below.",
      h("br"), this.#phone.role === "patient" && h("button", { type: "button", testid: "say-hi", onclick: () => this.#hands.say(hello) }, `${hello} 👋`)));
  }

  #showTyping() {
    clearTimeout(this.#typingTimer);
    const left = this.typingLeft();
    if (left <= 0) return;
    this.log.append(this.#typing);
    this.#typingTimer = setTimeout(() => this.#typing.remove(), left * 1000);
  }

  /** Return for how many seconds the business still shows as typing. */
  typingLeft() { return this.#world.chat(this.#phone.wa_id, this.#number).typing_until - Date.now() / 1000; }
}
