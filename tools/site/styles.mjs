// KaTeX's style sheet with its fonts inside, written to the file named: Firefox loads no font beside a page that was opened from a file.
import { build } from "esbuild";

await build({
  entryPoints: ["node_modules/katex/dist/katex.min.css"],
  outfile: process.argv[2],
  bundle: true,
  minify: true,
  loader: { ".woff2": "dataurl", ".woff": "empty", ".ttf": "empty" },
  logLevel: "error",
});
