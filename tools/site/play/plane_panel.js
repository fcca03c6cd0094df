// A surface through the latent space of the digits: a map of it, and the digit under the pointer.
import { directions, mixture } from "./latents.js";
import { run, latest } from "./nets.js";
import { draw } from "./pictures.js";

const NET = "mnist_dcgan", LATENTS = 64, CELLS = 9, REACH = 2;

export function planePanel(panel) {
  const [map, mark, big] = ["map", "mark", "big"].map((name) => panel.querySelector(`.${name}`));
  const across = panel.querySelector("#across"), down = panel.querySelector("#down");
  let axes = directions(LATENTS);

  const show = latest(async () => {
    const x = Number(across.value), y = Number(down.value);
    mark.style.left = `${(x / REACH + 1) * 50}%`;
    mark.style.top = `${(y / REACH + 1) * 50}%`;
    draw(big, await run(NET, mixture(axes, x, y)));
  });
  const chart = latest(async (stale) => {
    const size = map.width / CELLS, middle = (i) => ((i + 0.5) / CELLS * 2 - 1) * REACH;
    for (let i = 0; i < CELLS * CELLS && !stale(); i++) {
      const column = i % CELLS, row = Math.floor(i / CELLS);
      draw(map, await run(NET, mixture(axes, middle(column), middle(row))), column * size, row * size, size, size);
    }
    map.dataset.ready = "yes";
  });

  function go(event) {
    const box = map.getBoundingClientRect();
    across.value = ((event.clientX - box.left) / box.width * 2 - 1) * REACH;
    down.value = ((event.clientY - box.top) / box.height * 2 - 1) * REACH;
    show();
  }
  map.addEventListener("pointerdown", (event) => { map.setPointerCapture(event.pointerId); go(event); });
  map.addEventListener("pointermove", (event) => { if (event.buttons) go(event); });
  for (const slider of [across, down]) slider.addEventListener("input", show);
  panel.querySelector("#another-plane").addEventListener("click", () => { axes = directions(LATENTS); show(); chart(); });
  show();
  chart();
}
