// What tests watch a page with: given to the page as text.
globalThis.until = async (holds) => { // at most 20 seconds
  for (let i = 0; i < 400 && !holds(); i++) await new Promise((go) => setTimeout(go, 50));
  return Boolean(holds());
};
const pixels = (name) => {
  const canvas = document.querySelector(name);
  return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
};
let kept;
globalThis.changed = (name) => pixels(name).reduce((sum, value, i) => sum + Math.abs(value - kept[i]), 0) > kept.length;
globalThis.seen = async (touched, result) => { // scroll there, keep what the result shows; where to touch
  document.querySelector(touched).scrollIntoView({ block: "center" });
  kept = new Uint8Array(pixels(result).length);
  if (!result.endsWith(".wave")) await until(() => changed(result)); // the first picture; a wave waits for a note
  kept = pixels(result);
  const { x, y, width } = document.querySelector(touched).getBoundingClientRect();
  return [x, y, width];
};
globalThis.frame = async (id) => { // milliseconds from a move of the pen to the new picture, the least of 20
  const pad = document.querySelector(`#${id} .pad`), result = document.querySelector(`#${id} .result`), times = [];
  await seen(`#${id} .pad`, `#${id} .result`);
  const pen = result.getContext("2d"), box = pad.getBoundingClientRect();
  const moved = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, { clientX: box.x + x, clientY: box.y + y, isPrimary: true }));
  let drawn = () => {};
  pad.setPointerCapture = () => {}; // there is no pointer
  pen.drawImage = (...given) => { CanvasRenderingContext2D.prototype.drawImage.apply(pen, given); drawn(); };
  moved("pointerdown", 40, 40);
  await new Promise((go) => setTimeout(go, 500));
  for (let i = 0; i < 20; i++) {
    const start = performance.now(), next = new Promise((go) => { drawn = go; });
    moved("pointermove", 40 + 10 * i, 140 + 80 * Math.sin(i / 2));
    await next;
    times.push(performance.now() - start);
  }
  moved("pointerup", 0, 0);
  return Math.min(...times);
};
