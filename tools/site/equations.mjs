// From standard input a list of [TeX, whether it has a line of its own]; to standard output their HTML.
import { readFileSync } from "node:fs";
import katex from "katex";

const sources = JSON.parse(readFileSync(0, "utf8"));
const made = sources.map(([tex, displayMode]) => katex.renderToString(tex, { displayMode, throwOnError: true, strict: "ignore" }));
process.stdout.write(JSON.stringify(made));
