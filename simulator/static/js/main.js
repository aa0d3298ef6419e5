// Puts the page together.
import { Deck } from "./deck.js";
import { World } from "./world.js";

const world = new World();
const deck = new Deck(world, document.getElementById("stage"), document.getElementById("switcher"));
const status = document.getElementById("status");

/** Say how the simulator and the product are connected. */
function drawStatus() {
  const hooks = world.webhooks;
  let state = "ok", words = "Clinic connected";
  if (!world.online || !hooks) [state, words] = ["offline", world.ready ? "Simulator is away" : "Connecting…"];
  else if (!hooks.verified) [state, words] = ["waiting", hooks.handshake ? `Waiting for the clinic: ${hooks.handshake}` : "Waiting for the clinic"];
  else if (hooks.retrying) [state, words] = ["waiting", `Clinic: ${/^\d+$/.test(hooks.last) ? `answers ${hooks.last}` : hooks.last}, ${hooks.retrying} waiting`];
  status.dataset.state = state;
  status.querySelector(".status-text").textContent = words;
}

world.addEventListener("phones", () => deck.draw());
world.addEventListener("thread", (event) => deck.update(event.detail));
world.addEventListener("status", () => { drawStatus(); deck.network(); });
world.connect();
