// Which phones are on the desk, and the chips that choose them.
import { api } from "./api.js";
import { h } from "./dom.js";
import { initials } from "./format.js";
import { icon } from "./icons.js";
import { Phone } from "./phone.js";
import { toast } from "./toast.js";

const GROUPS = [["patient", "Patients"], ["doctor", "Doctors"], ["admin", "Admin"]];
// Narrow windows hold one phone, middling ones two, wide ones as many as wanted.
const ONE = matchMedia("(max-width: 480px)");
const TWO = matchMedia("(max-width: 900px)");
const KEY = "pulseops-simulator-shown";

/** The desk: keeps the phones shown, in the order they were chosen. */
export class Deck {
  #world; #stage; #switcher; #phones = new Map(); #shown = []; #adding = false; #chips = new Map();

  constructor(world, stage, switcher) {
    [this.#world, this.#stage, this.#switcher] = [world, stage, switcher];
    try { this.#shown = JSON.parse(localStorage.getItem(KEY) ?? "null"); } catch { this.#shown = null; }
    for (const query of [ONE, TWO]) query.addEventListener("change", () => this.draw());
    document.addEventListener("visibilitychange", () => this.#phones.forEach((phone) => phone.look()));
  }

  #capacity() { return ONE.matches ? 1 : TWO.matches ? 2 : Infinity; }

  #ordered() {
    const all = [...this.#world.phones.values()];
    return GROUPS.flatMap(([role]) => all.filter((phone) => phone.role === role).map((phone) => phone.wa_id));
  }

  /** Return the phones on the desk: the ones chosen last, as many as fit. */
  #visible() {
    const limit = this.#capacity();
    // A phone just added may not have come over the stream yet.
    const known = this.#shown.filter((waId) => this.#world.phones.has(waId));
    return limit === Infinity ? known : known.slice(-limit);
  }

  /** Draw everything anew; phones already on the desk keep their state. */
  draw() {
    const ordered = this.#ordered();
    this.#shown ??= this.#first(ordered);
    const visible = new Set(this.#visible());
    for (const [waId, phone] of this.#phones) if (!visible.has(waId)) { phone.leave(); phone.element.remove(); this.#phones.delete(waId); }
    for (const waId of visible) if (!this.#phones.has(waId)) this.#phones.set(waId, new Phone(this.#world, waId));
    this.#stage.querySelector(".stage-empty")?.remove();
    for (const [role, words] of GROUPS) {
      let group = this.#stage.querySelector(`.group[data-role="${role}"]`);
      const inside = ordered.filter((waId) => visible.has(waId) && this.#world.phones.get(waId).role === role);
      if (!group) this.#stage.append(group = h("div", { class: "group", data: { role }, attrs: { role: "group" }, label: words }));
      group.hidden = inside.length === 0;
      // Only what is out of place moves: a moved frame would load its page again.
      inside.forEach((waId, at) => { const { element } = this.#phones.get(waId); if (group.children[at] !== element) group.insertBefore(element, group.children[at] ?? null); });
    }
    if (!visible.size) this.#stage.append(h("div", { class: "stage-empty" }, h("strong", {}, "No phone is on the desk"), "Choose one above."));
    this.#drawSwitcher(ordered, visible);
  }

  /** Return whom a first visit shows: two patients, a doctor and an admin; where fewer fit, the last of these. */
  #first(ordered) {
    const some = (role, count) => ordered.filter((waId) => this.#world.phones.get(waId).role === role).slice(0, count);
    const [patient, ...others] = some("patient", 2);
    return [...others, ...some("admin", 1), ...some("doctor", 1), patient].filter(Boolean);
  }

  #drawSwitcher(ordered, visible) {
    const focused = this.#switcher.contains(document.activeElement) ? document.activeElement.dataset.wa : null;
    const scroll = this.#switcher.scrollLeft;
    this.#chips.clear();
    const parts = GROUPS.flatMap(([role, words]) => {
      const mine = ordered.filter((waId) => this.#world.phones.get(waId).role === role);
      const chips = mine.map((waId) => {
        const badge = h("span", { class: "chip-badge", testid: "unread", hidden: true });
        const name = this.#world.phones.get(waId).name;
        const chip = h("button", { class: "chip", type: "button", testid: `phone-chip-${waId}`, data: { role, wa: waId }, attrs: { "aria-pressed": String(visible.has(waId)) }, onclick: () => this.toggle(waId) }, h("span", { class: "avatar", attrs: { "aria-hidden": "true" } }, initials(name)), h("span", { class: "chip-name", dir: "auto" }, name), badge);
        this.#chips.set(waId, { chip, badge });
        return chip;
      });
      if (role === "patient") chips.push(this.#adder());
      return chips.length ? [h("span", { class: "switcher-label" }, words), ...chips] : [];
    });
    if (this.#adding && this.#switcher.querySelector("form")) return this.badges();
    this.#switcher.replaceChildren(...parts);
    this.#switcher.scrollLeft = scroll;
    this.badges();
    if (focused) this.#chips.get(focused)?.chip.focus({ preventScroll: true });
  }

  #adder() {
    if (!this.#adding) return h("button", { class: "chip chip-add", type: "button", testid: "add-patient", label: "Add a patient", onclick: () => { this.#adding = true; this.draw(); this.#switcher.querySelector("input").focus(); } }, icon("plus"), h("span", { class: "chip-name" }, "Patient"));
    const input = h("input", { placeholder: "Name", label: "Name of the new patient", maxLength: 60, required: true, testid: "add-name", autocomplete: "off" });
    const end = () => { this.#endAdding(); this.draw(); };
    input.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
    return h("form", { class: "chip-form", onsubmit: async (event) => {
      event.preventDefault();
      try {
        const phone = await api.addPhone(input.value.trim());
        this.#shown.push(phone.wa_id);
        this.#remember();
        end();
      } catch (error) { toast(error.message); }
    } }, input, h("button", { type: "submit", testid: "add-done" }, "Add"));
  }

  #endAdding() {
    this.#adding = false;
    this.#switcher.querySelector("form")?.remove();
  }

  #remember() { try { localStorage.setItem(KEY, JSON.stringify(this.#shown)); } catch { /* The choice then lasts as long as the page. */ } }

  /** Put a phone on the desk. On a wide desk a second time takes it off; on a narrow one it stays. */
  toggle(waId) {
    const on = this.#visible().includes(waId);
    const roomy = this.#capacity() === Infinity;
    this.#endAdding();
    this.#shown = this.#shown.filter((one) => one !== waId);
    if (!on || !roomy) this.#shown.push(waId);
    this.#remember();
    this.draw();
    this.#chips.get(waId)?.chip.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
    const phone = this.#phones.get(waId);
    if (!phone) return;
    phone.element.scrollIntoView({ inline: "center", block: "nearest", behavior: "smooth" });
    // On a touch screen the keyboard would jump up over the chat.
    if (!ONE.matches) phone.focus();
  }

  /** Show how many messages wait on each phone. */
  badges() {
    let total = 0;
    for (const [waId, { chip, badge }] of this.#chips) {
      const unread = this.#world.unread(waId);
      total += unread;
      badge.hidden = unread === 0;
      badge.textContent = unread > 99 ? "99+" : String(unread);
      chip.setAttribute("aria-label", `${this.#world.phones.get(waId).name}${unread ? `, ${unread} unread` : ""}`);
    }
    document.title = `${total ? `(${total}) ` : ""}PulseOps simulator`;
  }

  /** Draw what changed on one phone. */
  update(detail) {
    this.#phones.get(detail.waId)?.update(detail);
    this.badges();
  }

  /** Show whether the simulator can be reached. */
  network() { this.#phones.forEach((phone) => phone.network()); }
}
