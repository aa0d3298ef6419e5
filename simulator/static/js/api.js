// Calls to the simulator.

/** A call the simulator refused or did not answer; the message is for the person at the screen. */
export class CallError extends Error {}

async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  } catch {
    throw new CallError("The simulator does not answer. Is it still running?");
  }
  const data = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new CallError(data.error ?? `The simulator answered ${answer.status}.`);
  return data;
}

const phone = (waId) => `/control/phones/${encodeURIComponent(waId)}`;

export const api = {
  text: (waId, number, text, replyTo) => call("POST", `${phone(waId)}/text`, { number, text, reply_to: replyTo ?? null }),
  tap: (waId, number, messageId, option) => call("POST", `${phone(waId)}/tap`, { number, message_id: messageId, option }),
  media: (waId, number, type, more = {}) => call("POST", `${phone(waId)}/media`, { number, type, ...more }),
  pay: (waId, messageId, outcome) => call("POST", `${phone(waId)}/pay`, { message_id: messageId, outcome }),
  seen: (waId, number, index) => call("POST", `${phone(waId)}/seen`, { number, index }),
  addPhone: (name) => call("POST", "/control/phones", { name }),
};
