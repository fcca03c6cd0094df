// Digits on demand: one latent vector in all ten classes, its first numbers on sliders, and the way to another vector.
import { normal, onArc } from "./latents.js";
import { run, latest } from "./nets.js";
import { draw } from "./pictures.js";

const NET = "mnist_conditional", LATENTS = 64, SLIDERS = 6;

export function digitsPanel(panel) {
  const classes = [...panel.querySelectorAll("[data-label]")];
  const big = panel.querySelector(".big"), way = panel.querySelector("#way"), play = panel.querySelector("#morph");
  const sliders = [...panel.querySelectorAll("[data-latent]")];
  let from = normal(LATENTS), to = normal(LATENTS), label = 3, moving = false;

  const latent = () => onArc(from, to, Number(way.value));
  const show = latest(async () => draw(big, await run(NET, latent(), label)));
  const showClasses = latest(async (stale) => {
    const now = latent();
    for (const [i, button] of classes.entries()) {
      if (stale() || moving) return;
      draw(button.querySelector("canvas"), await run(NET, now, i));
    }
  });

  function setSliders() {
    for (const [i, slider] of sliders.entries()) slider.value = from[i];
  }
  function choose(i) {
    label = i;
    for (const [j, button] of classes.entries()) button.setAttribute("aria-pressed", i === j);
    big.setAttribute("aria-label", `A generated ${i}`);
    show();
  }
  function frame() {
    if (!moving) return;
    const next = Number(way.value) + 0.02;
    way.value = Math.min(1, next);
    if (next >= 1) {
      from = to;
      to = normal(LATENTS);
      way.value = 0;
    }
    show().then(() => requestAnimationFrame(frame));
  }

  for (const [i, button] of classes.entries()) button.addEventListener("click", () => choose(i));
  for (const [i, slider] of sliders.entries()) {
    slider.addEventListener("input", () => { way.value = 0; from[i] = Number(slider.value); show(); showClasses(); });
  }
  way.addEventListener("input", () => { show(); showClasses(); });
  panel.querySelector("#another-latent").addEventListener("click", () => {
    [from, to] = [normal(LATENTS), normal(LATENTS)];
    way.value = 0;
    setSliders(); show(); showClasses();
  });
  play.addEventListener("click", () => {
    moving = !moving;
    play.textContent = moving ? "Stop" : "Morph";
    if (moving) requestAnimationFrame(frame);
    else { from = latent(); way.value = 0; setSliders(); showClasses(); }
  });
  setSliders();
  choose(label);
  showClasses();
}
