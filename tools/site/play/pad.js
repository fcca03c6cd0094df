// A field to draw in with mouse, pen or finger.

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{ink: string, paper: string, width: number}} look colours, and the width of the line in pixels of the canvas
 * @param {() => void} changed called after each change
 * @returns {{clear: () => void, trace: (path: string) => void}} functions that empty the field, and draw an SVG path in it
 */
export function pad(canvas, { ink, paper, width }, changed) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  let last = null;

  function clear() {
    context.fillStyle = paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
  }
  const usePen = () => Object.assign(context, { strokeStyle: ink, lineWidth: width, lineCap: "round", lineJoin: "round" });

  function trace(path) {
    usePen();
    context.stroke(new Path2D(path));
  }
  function line(to) {
    usePen();
    context.beginPath();
    context.moveTo(...(last ?? to));
    context.lineTo(...to);
    context.stroke();
    last = to;
  }
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    line(place(event));
    changed();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const one of event.getCoalescedEvents?.() ?? [event]) line(place(one));
    changed();
  });
  for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => { last = null; });
  clear();
  return { clear, trace };
}
