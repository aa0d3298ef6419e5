// Where the person writes.
import { h } from "./dom.js";
import { quote } from "./bubble.js";
import { icon } from "./icons.js";

/** The line at the bottom of a chat. `send(text, replyTo)` resolves once the text is on its way. */
export class Composer {
  #replyTo = null; #send; #sending = false;

  constructor({ send, attach, name }) {
    this.#send = send;
    this.input = h("textarea", { rows: 1, placeholder: "Message", testid: "composer-input", label: `Message as ${name}`, dir: "auto", maxLength: 4096, autocomplete: "off", attrs: { enterkeyhint: "send" } });
    this.input.addEventListener("input", () => this.#grow());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.submit(); }
      if (event.key === "Escape" && this.#replyTo) this.replyTo(null);
    });
    this.element = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.submit(); } },
      h("div", { class: "composer-field" }, this.input, h("button", { class: "round attach", type: "button", label: "Attach", testid: "attach", onclick: attach }, icon("attach"))),
      h("button", { class: "round send", type: "submit", label: "Send", testid: "send" }, icon("send")));
  }

  #grow() {
    this.input.style.height = "";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 120)}px`;
  }

  /** Quote `message` in the next text, or nothing. */
  replyTo(message, who = "") {
    this.element.querySelector(".quoting")?.remove();
    this.#replyTo = message;
    if (!message) return;
    this.element.append(h("div", { class: "quoting" }, quote(message, who, () => {}), h("button", { class: "round", type: "button", label: "Do not quote", onclick: () => this.replyTo(null) }, icon("close"))));
    this.input.focus();
  }

  /** Put `text` into the line, to be sent or changed. */
  fill(text) { this.input.value = text; this.#grow(); this.input.focus(); }

  /** Send what was written; it stays in the line if that fails. */
  async submit() {
    const text = this.input.value;
    if (!text.trim() || this.#sending) return;
    this.#sending = true;
    const replyTo = this.#replyTo?.id;
    this.input.value = "";
    this.replyTo(null);
    this.#grow();
    try {
      await this.#send(text, replyTo);
    } catch (error) {
      if (!this.input.value) this.input.value = text;
      throw error;
    } finally {
      this.#sending = false;
    }
  }
}
