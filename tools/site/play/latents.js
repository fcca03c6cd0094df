// Latent vectors: plain arrays of numbers.

/** Standard normal numbers. */
export function normal(count, random = Math.random) {
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
}

export const scaled = (vector, factor) => vector.map((x) => x * factor);

const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);

/** On the arc from a (way 0) to b (way 1), as gan_tf.sampling.walk goes: a straight line would pass too near to zero. */
export function onArc(a, b, way) {
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))));
  const [from, to] = Math.sin(angle) < 1e-6 ? [1 - way, way] : [Math.sin((1 - way) * angle) / Math.sin(angle), Math.sin(way * angle) / Math.sin(angle)];
  return a.map((x, i) => from * x + to * b[i]);
}

/** Three directions at right angles, each of length one. */
export function directions(count) {
  const found = [];
  while (found.length < 3) {
    let next = normal(count);
    for (const one of found) {
      const along = dot(next, one);
      next = next.map((x, i) => x - along * one[i]);
    }
    found.push(scaled(next, 1 / Math.sqrt(dot(next, next))));
  }
  return found;
}

/** The mixture 1, x, y of three directions, with the usual length of a latent vector. */
export function mixture([middle, across, down], x, y) {
  const mixed = middle.map((value, i) => value + x * across[i] + y * down[i]);
  return scaled(mixed, Math.sqrt(mixed.length / dot(mixed, mixed)));
}
