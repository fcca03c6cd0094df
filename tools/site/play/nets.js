// The nets: loaded when first used, run one call at a time.
import { loadLiteRt, loadAndCompile, Tensor } from "@litertjs/core";
import { embedded } from "./embedded.js";

/** What this browser lacks, in words, or an empty text. */
export function lacking() {
  if (typeof WebAssembly !== "object") return "This browser has no WebAssembly, or it is switched off, so the networks cannot run here.";
  if (typeof DecompressionStream !== "function") return "This browser cannot unpack gzip, so the networks cannot be read. Browsers since 2023 can.";
  return "";
}

let runtime;
const loaded = new Map();

function load(name) {
  runtime ??= loadLiteRt("runtime.js");
  if (!loaded.has(name)) {
    loaded.set(name, runtime.then(() => embedded(`${name}.js`)).then((bytes) => loadAndCompile(bytes, { accelerator: "wasm" })));
  }
  return loaded.get(name);
}

let queue = Promise.resolve();

/**
 * What a net makes of one input.
 * @param {string} name of the net
 * @param {number[] | Float32Array} values latent vector, or picture with its channels last, in [-1, 1]
 * @param {number} [label] the class, for a conditional net
 * @returns {Promise<{data: Float32Array, height: number, width: number, channels: number}>} the picture in [-1, 1]
 */
export function run(name, values, label) {
  const result = queue.then(async () => {
    const net = await load(name);
    const inputs = net.getInputDetails().map(({ dtype, shape }) => dtype === "int32"
      ? new Tensor(Int32Array.of(label), [...shape])
      : new Tensor(Float32Array.from(values), [...shape]));
    const outputs = await net.run(inputs);
    const data = Float32Array.from(outputs[0].toTypedArray());
    const [height, width, channels] = net.getOutputDetails()[0].shape.slice(1);
    for (const tensor of [...inputs, ...outputs]) tensor.delete();
    return { data, height, width, channels };
  });
  queue = result.catch(() => {});
  return result;
}

/**
 * A function that calls `work`, and once more if it was called meanwhile: a drag asks for more pictures than are made.
 * `work` gets a function that says whether newer work waits.
 */
export function latest(work) {
  let busy = false, again = false;
  return async function go() {
    again = true;
    if (busy) return;
    busy = true;
    try {
      while (again) {
        again = false;
        await work(() => again);
      }
    } finally {
      busy = false;
    }
  };
}
