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

/** Two directions at right angles and of the usual length of a latent vector, which span a plane. */
export function plane(count) {
  const length = Math.sqrt(count), u = normal(count), v = normal(count);
  const first = scaled(u, length / Math.sqrt(dot(u, u)));
  const rest = v.map((x, i) => x - (dot(v, first) / dot(first, first)) * first[i]);
  return [first, scaled(rest, length / Math.sqrt(dot(rest, rest)))];
}
