// The playground: each panel starts when it is first seen, so that a telephone loads only what is looked at.
import { classesPanel } from "./classes_panel.js";
import { digitsPanel } from "./digits_panel.js";
import { drawPanel } from "./draw_panel.js";
import { keyboardPanel } from "./keyboard_panel.js";
import { lacking, run } from "./nets.js";
import { planePanel } from "./plane_panel.js";

const STARTS = { plane: planePanel, digits: digitsPanel, neon: drawPanel, emoji: drawPanel, classes: classesPanel, notes: keyboardPanel };
const message = document.getElementById("message");

function trouble(text) {
  message.textContent = text;
  message.hidden = false;
  for (const control of document.querySelectorAll(".panel button, .panel input")) control.disabled = true;
}

addEventListener("unhandledrejection", (event) => trouble(`The networks cannot run in this browser: ${event.reason?.message ?? event.reason}`));

if (lacking()) {
  trouble(lacking());
} else {
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      STARTS[target.id](target);
    }
  }, { rootMargin: "200px" });
  for (const panel of document.querySelectorAll(".panel")) seen.observe(panel);
  globalThis.playground = { run }; // for tests, and for whoever opens the console
}
