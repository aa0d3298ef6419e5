// WhatsApp's markup (*bold*, _italic_, ~strike~, `code`, ```block```, lists, quotes) and links, as
// elements. See "Formatting messages" in WhatsApp's help.
import { h } from "./dom.js";

const URL_PATTERN = /\bhttps?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/;
// A mark opens after a non-word character and before a non-space, and closes the other way round.
const MARKS = [
  { tag: "code", class: "inline-code", plain: true, pattern: /(?<![\w`])`([^`\n]+)`(?![\w`])/u },
  { tag: "strong", pattern: /(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]*[^*\s])\*(?![\p{L}\p{N}*])/u },
  { tag: "em", pattern: /(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*[^_\s])_(?![\p{L}\p{N}_])/u },
  { tag: "s", pattern: /(?<![\p{L}\p{N}~])~(?=\S)([^~\n]*[^~\s])~(?![\p{L}\p{N}~])/u },
];

function inline(text, openLink) {
  let first = null;
  const url = URL_PATTERN.exec(text);
  if (url) first = { at: url.index, found: url, mark: null };
  for (const mark of MARKS) {
    const found = mark.pattern.exec(text);
    if (found && (!first || found.index < first.at)) first = { at: found.index, found, mark };
  }
  if (!first) return text ? [document.createTextNode(text)] : [];
  const { at, found, mark } = first;
  const node = mark
    ? h(mark.tag, { class: mark.class ?? "" }, mark.plain ? found[1] : inline(found[1], openLink))
    : h("a", { href: found[0], rel: "noreferrer", onclick: (event) => { event.preventDefault(); openLink(found[0]); } }, found[0]);
  const before = text.slice(0, at);
  return [...(before ? [document.createTextNode(before)] : []), node, ...inline(text.slice(at + found[0].length), openLink)];
}

function line(text, openLink) {
  if (text.startsWith("> ")) return h("blockquote", {}, inline(text.slice(2), openLink));
  const bullet = /^[-*] (?=\S)/.exec(text);
  if (bullet) return h("span", { class: "bullet" }, "•  ", inline(text.slice(2), openLink));
  return inline(text, openLink);
}

/** Return nodes for `text`; `openLink(url)` is called when a link in it is tapped. */
export function format(text, openLink) {
  return text.split(/```([\s\S]+?)```/u).flatMap((part, place) => {
    if (place % 2) return [h("code", {}, part)];
    const nodes = [];
    let block = false;
    part.split("\n").forEach((one, at) => {
      const made = line(one, openLink);
      const own = !Array.isArray(made);
      // Block elements break the line themselves.
      if (at && !own && !block) nodes.push(document.createTextNode("\n"));
      block = own;
      nodes.push(...(own ? [made] : made));
    });
    return nodes;
  });
}

/** Return `text` without markup, in one line, for lists and quotes. */
export function plain(text) {
  return text.replace(/```/gu, "").replace(/(?<![\p{L}\p{N}])[*_~](?=\S)|(?<=\S)[*_~](?![\p{L}\p{N}])/gu, "").replace(/\s+/gu, " ").trim();
}

const EMOJI_ONLY = /^(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Regional_Indicator}|\u200d|\ufe0f)+$/u;

/** Return whether `text` is one to three emoji, which WhatsApp shows large. */
export function isEmoji(text) {
  const short = text.trim();
  return EMOJI_ONLY.test(short) && [...new Intl.Segmenter().segment(short)].length <= 3;
}

const TIME = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

/** Return the time of day of Unix seconds. */
export const timeOf = (seconds) => TIME.format(seconds * 1000);

/** Return the day of Unix seconds in words: today, yesterday, a weekday, a date. */
export function dayOf(seconds) {
  const midnight = (at) => { const day = new Date(at); day.setHours(0, 0, 0, 0); return day; };
  const days = Math.round((midnight(Date.now()) - midnight(seconds * 1000)) / 86_400_000);
  const words = days < 2 ? RELATIVE.format(-days, "day") : days < 7 ? WEEKDAY.format(seconds * 1000) : DAY.format(seconds * 1000);
  return words.charAt(0).toLocaleUpperCase() + words.slice(1);
}

/** Return a phone number as people read it. */
export const readable = (digits) => (digits.length === 12 && digits.startsWith("91") ? `+91 ${digits.slice(2, 7)} ${digits.slice(7)}` : `+${digits}`);

/** Return up to two letters for an avatar. */
export function initials(name) {
  const words = name.replace(/^(dr|mr|mrs|ms|shri|smt)\.?\s+/iu, "").split(/\s+/u).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toLocaleUpperCase();
}

/** Return an amount of paise as rupees. */
export function rupees(paise) { return `₹${(paise / 100).toLocaleString("en-IN", { minimumFractionDigits: paise % 100 ? 2 : 0 })}`; }
