// What tests in Firefox watch a page with: given to the page as text.
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
