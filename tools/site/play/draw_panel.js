// Draw, and see while drawing what a translator makes of it.
import { normal } from "./latents.js";
import { run, latest } from "./nets.js";
import { draw, grey } from "./pictures.js";
import { pad } from "./pad.js";

// Each panel's net, the size and channels that it takes, and lines as in what it learned from.
const LOOKS = {
  neon: { net: "digit_to_neon", size: 28, channels: 3, ink: "#fff", paper: "#000", width: 22 },
  emoji: { net: "outline_to_emoji", size: 64, channels: 1, ink: "#000", paper: "#fff", width: 7 },
};

export function drawPanel(panel) {
  const look = LOOKS[panel.id], field = panel.querySelector(".pad"), result = panel.querySelector(".result");
  const show = latest(async () => draw(result, await run(look.net, grey(field, look.size, look.channels))));
  const { clear, trace } = pad(field, look, show);
  panel.querySelector(".clear").addEventListener("click", () => { clear(); show(); });
  for (const button of panel.querySelectorAll("[data-write]")) {
    button.addEventListener("click", async () => {
      draw(field, await run("mnist_conditional", normal(64), Number(button.dataset.write)));
      show();
    });
  }
  for (const button of panel.querySelectorAll("[data-outline]")) {
    button.addEventListener("click", () => { clear(); trace(button.dataset.outline); show(); });
  }
  show();
}
