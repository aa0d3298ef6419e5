// The page works without this script, which counts down and submits once.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.remove("no-script");
  // In the simulator's phone, closing the page leads back to WhatsApp.
  if (window.top !== window.self) root.classList.add("framed");

  // A page restored from the browser's memory may show a button that was pressed.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const form = document.getElementById("pay");
  form?.addEventListener("submit", (event) => {
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.classList.add("sent");
    form.setAttribute("aria-busy", "true");
    const pressed = event.submitter;
    if (pressed?.dataset.busy) pressed.textContent = pressed.dataset.busy;
  });

  const left = document.getElementById("left");
  if (!left) return;
  // Measured from now, not by the phone's clock, which may be wrong.
  const end = Date.now() + Number(left.dataset.seconds) * 1000;
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    left.textContent = left.dataset.words.replace("{time}", time);
    left.classList.toggle("soon", seconds <= 60);
    if (seconds > 0) setTimeout(tick, 250);
    else if (!form?.dataset.sent) setTimeout(() => location.reload(), 1000);
  };
  left.hidden = false;
  tick();
})();
