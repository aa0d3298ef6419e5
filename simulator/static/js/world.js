// What the page knows of the simulated world, kept up to date by the event stream.

const SOURCE = "/events";

/** Phones, chats and messages. Fires "phones", "thread" (detail {waId, fresh}), "status". */
export class World extends EventTarget {
  numbers = new Map();
  phones = new Map();
  messages = new Map();
  byId = new Map();
  chats = new Map();
  webhooks = null;
  online = false;
  ready = false;

  /** Begin to listen. The browser reconnects by itself and says what it saw last. */
  connect() {
    const source = new EventSource(SOURCE);
    source.addEventListener("open", () => this.#line(true));
    source.addEventListener("error", () => {
      this.#line(false);
      // A refused connection is given up by the browser; the simulator may be starting again.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), 1000);
    });
    source.addEventListener("snapshot", (event) => this.#snapshot(JSON.parse(event.data)));
    source.addEventListener("changes", (event) => this.#changes(JSON.parse(event.data)));
  }

  #line(online) {
    if (this.online === online) return;
    this.online = online;
    this.#fire("status");
  }

  #fire(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }

  #snapshot(data) {
    this.numbers = new Map(data.numbers.map((number) => [number.phone_number_id, number]));
    this.phones = new Map(data.phones.map((phone) => [phone.wa_id, phone]));
    this.messages = new Map(data.phones.map((phone) => [phone.wa_id, []]));
    this.byId.clear();
    this.chats = new Map(data.chats.map((chat) => [`${chat.wa_id}/${chat.number}`, chat]));
    for (const message of data.messages) this.#keep(message);
    this.webhooks = data.webhooks;
    this.ready = true;
    this.#fire("phones");
    for (const waId of this.phones.keys()) this.#fire("thread", { waId, all: true, fresh: new Set() });
    this.#fire("status");
  }

  #changes(data) {
    for (const phone of data.phones) {
      this.phones.set(phone.wa_id, phone);
      if (!this.messages.has(phone.wa_id)) this.messages.set(phone.wa_id, []);
    }
    const touched = new Map();
    const touch = (waId) => touched.get(waId) ?? touched.set(waId, new Set()).get(waId);
    for (const message of data.messages) if (this.#keep(message)) touch(message.wa_id).add(message.id); else touch(message.wa_id);
    for (const chat of data.chats) { this.chats.set(`${chat.wa_id}/${chat.number}`, chat); touch(chat.wa_id); }
    if (data.webhooks) this.webhooks = data.webhooks;
    if (data.phones.length) this.#fire("phones");
    for (const [waId, fresh] of touched) this.#fire("thread", { waId, all: false, fresh });
    if (data.webhooks) this.#fire("status");
  }

  /** Put a message in its place; return whether it is new. */
  #keep(message) {
    const all = this.messages.get(message.wa_id) ?? this.messages.set(message.wa_id, []).get(message.wa_id);
    const known = this.byId.has(message.id);
    this.byId.set(message.id, message);
    if (known) { all[all.findIndex((one) => one.id === message.id)] = message; return false; }
    all.push(message);
    if (all.length > 1 && all.at(-2).index > message.index) all.sort((a, b) => a.index - b.index);
    return true;
  }

  /** Return the chat of a phone with a number. */
  chat(waId, number) { return this.chats.get(`${waId}/${number}`) ?? { wa_id: waId, number, seen_index: 0, typing_until: 0 }; }

  /** Return a phone's messages with a number, in order. */
  thread(waId, number) { return (this.messages.get(waId) ?? []).filter((message) => message.number === number); }

  /** Return how many messages the person has not seen, of one chat or of all. */
  unread(waId, number = null) {
    return (this.messages.get(waId) ?? []).filter((m) => m.from === "business" && (!number || m.number === number) && !isFailed(m) && m.index > this.chat(waId, m.number).seen_index).length;
  }

  /** Return the numbers a phone chats with, the newest chat first; its own number always. */
  numbersOf(waId) {
    const last = new Map([[this.phones.get(waId)?.number, 0]]);
    for (const message of this.messages.get(waId) ?? []) last.set(message.number, message.index);
    return [...last.keys()].filter((number) => this.numbers.has(number)).sort((a, b) => last.get(b) - last.get(a));
  }
}

/** Return whether a message never reached the phone. */
export const isFailed = (message) => message.statuses.some((one) => one.status === "failed") && !message.statuses.some((one) => one.status === "delivered" || one.status === "read");
