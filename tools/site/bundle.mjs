// The playground's modules as one classic script, since a page opened from a file may load no module; and LiteRT's runtime beside it.
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const [folder, ...nets] = process.argv.slice(2); // nets: pairs name=path
await build({
  entryPoints: ["play/main.js"],
  outfile: `${folder}/play.js`,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  alias: { "@litertjs/wasm-utils": resolve("play/embedded_wasm.js") },
  logLevel: "error",
});
const wasm = "node_modules/@litertjs/core/wasm/litert_wasm_compat_internal"; // runs on every browser with SIMD, in one thread
copyFileSync(`${wasm}.js`, `${folder}/runtime.js`);
copyFileSync("play/play.css", `${folder}/play.css`);
for (const [name, path] of [["runtime_wasm", `${wasm}.wasm`], ...nets.map((one) => one.split("="))]) {
  const text = gzipSync(readFileSync(path), { level: 9 }).toString("base64");
  writeFileSync(`${folder}/${name}.js`, `playgroundBytes("${name}.js", "${text}");\n`);
}
