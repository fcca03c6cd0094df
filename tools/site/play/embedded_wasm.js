// Takes the place of @litertjs/wasm-utils, which fetches a script and a .wasm file: a page opened from a file may not fetch.
import { embedded } from "./embedded.js";

/** LiteRT's own object, on the WebAssembly module whose bytes are in runtime_wasm.js. */
export async function createWasmLib(LiteRt) {
  await embedded("runtime.js");
  const wasmBinary = await embedded("runtime_wasm.js");
  const quiet = () => {}; // it reports which delegate it chose
  return new LiteRt(await globalThis.ModuleFactory({ wasmBinary, print: quiet, printErr: quiet }));
}
