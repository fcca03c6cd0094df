// Pictures between nets and canvases.

/** Draw a picture in [-1, 1], with one channel or three, into a canvas, or into one rectangle of it. */
export function draw(canvas, { data, height, width, channels }, x = 0, y = 0, w = canvas.width, h = canvas.height) {
  const pixels = new ImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = Math.round((data[channels * i + (channels === 1 ? 0 : c)] + 1) * 127.5);
    pixels.data[4 * i + 3] = 255;
  }
  const small = new OffscreenCanvas(width, height);
  small.getContext("2d").putImageData(pixels, 0, 0);
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(small, x, y, w, h);
}

/** What stands in a canvas, shrunk to size x size, in [-1, 1], grey, each value repeated for so many channels. */
export function grey(canvas, size, channels) {
  const small = new OffscreenCanvas(size, size), context = small.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  return Float32Array.from({ length: size * size * channels }, (_, i) => data[4 * Math.floor(i / channels)] / 127.5 - 1);
}
