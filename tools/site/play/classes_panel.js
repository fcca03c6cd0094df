// Small colour pictures of one class, nearer to the usual or farther from it.
import { normal, scaled } from "./latents.js";
import { run, latest } from "./nets.js";
import { draw } from "./pictures.js";

const NET = "cifar_dcgan", LATENTS = 64;

export function classesPanel(panel) {
  const cells = [...panel.querySelectorAll(".cell")], buttons = [...panel.querySelectorAll("[data-label]")];
  const psi = panel.querySelector("#psi"), value = panel.querySelector("output");
  let label = 8, latents;

  const renew = () => { latents = cells.map(() => normal(LATENTS)); };
  const show = latest(async (stale) => {
    for (const [i, cell] of cells.entries()) {
      if (stale() && i) return; // the first shows each place of the slider
      draw(cell, await run(NET, scaled(latents[i], Number(psi.value)), label));
    }
  });
  function choose(i) {
    label = i;
    for (const [j, button] of buttons.entries()) button.setAttribute("aria-pressed", i === j);
    for (const cell of cells) cell.setAttribute("aria-label", `A generated picture of class ${buttons[i].textContent}`);
    show();
  }
  for (const [i, button] of buttons.entries()) button.addEventListener("click", () => choose(i));
  psi.addEventListener("input", () => { value.textContent = Number(psi.value).toFixed(2); show(); });
  panel.querySelector("#another-twelve").addEventListener("click", () => { renew(); show(); });
  renew();
  choose(label);
}
