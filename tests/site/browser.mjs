// Opens pages in Chromium: from standard input {browser, visits: [{name, url, script?, width?, without?}]}, to standard output for each name
// {errors, result}. `script` names one of the walks below; `without` a global that the browser shall lack.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../tools/site/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const WALKS = {
  async lesson(page) {
    const search = page.locator("#query");
    await page.keyboard.press("/");
    await page.keyboard.type("mode collapse");
    await page.waitForSelector("#found a");
    const found = await page.locator("#found a").first().getAttribute("href");
    await page.keyboard.press("ArrowDown");
    const focused = await page.evaluate(() => document.activeElement.closest("#found") !== null);
    await page.keyboard.press("Escape");
    const before = await page.evaluate(() => document.documentElement.dataset.theme);
    await page.locator("#theme").press("Enter");
    const after = await page.evaluate(() => document.documentElement.dataset.theme);
    await page.locator(".copy").first().click();
    const copied = await page.locator(".copy").first().textContent();
    return {
      found, focused, before, after, copied,
      equations: await page.locator(".katex").count(),
      broken: await page.evaluate(() => [...document.images].filter((one) => one.complete && !one.naturalWidth && one.loading !== "lazy").length),
      players: await page.locator("audio, video").count(),
      wide: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      search: await search.inputValue(),
    };
  },

  async outputs(page, { asked }) { // what each net makes of an input
    const made = {};
    for (const { net, values, label } of asked) {
      made[net] = await page.evaluate(async ([net, values, label]) => {
        const { data } = await playground.run(net, values, label);
        return { data: [...data] };
      }, [net, values, label]);
    }
    return made;
  },

  async play(page) {
    const picture = (selector) => page.evaluate((name) => {
      const canvas = document.querySelector(name);
      return [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data].filter((_, i) => i % 4 === 0);
    }, selector);
    const apart = (a, b) => a.reduce((sum, x, i) => sum + Math.abs(x - b[i]), 0) / a.length;
    const settled = async (selector, from) => {
      let now;
      for (let i = 0; i < 100; i++) {
        await page.waitForTimeout(50);
        now = await picture(selector);
        if (apart(now, from) > 1) break;
      }
      return apart(now, from);
    };
    const seen = async (id) => page.locator(id).scrollIntoViewIfNeeded();
    const made = {};

    await page.waitForSelector(".map[data-ready=yes]", { timeout: 60000 });
    const marked = await picture("#plane .big");
    const map = await page.locator(".map").boundingBox();
    await page.mouse.move(map.x + map.width * 0.7, map.y + map.height * 0.6);
    await page.mouse.down();
    await page.mouse.move(map.x + 20, map.y + 20, { steps: 5 });
    await page.mouse.up();
    made.drag = await settled("#plane .big", marked);
    const dragged = await picture("#plane .big");
    await page.locator("#down").focus();
    await page.keyboard.press("End");
    made.slider = await settled("#plane .big", dragged);

    await seen("#digits");
    const black = (await picture("#digits .big")).map(() => 0);
    await settled("#digits .big", black);
    const three = await picture("#digits .big");
    await page.locator("#digits [data-label='0']").press("Enter");
    made.label = await settled("#digits .big", three);
    const zero = await picture("#digits .big");
    await page.locator("#morph").press("Enter");
    await page.waitForTimeout(1500);
    await page.locator("#morph").press("Enter");
    made.morph = apart(await picture("#digits .big"), zero);

    await seen("#neon");
    await settled("#neon .result", black);
    const empty = await picture("#neon .result");
    const field = await page.locator("#neon .pad").boundingBox();
    await page.mouse.move(field.x + 80, field.y + 60);
    await page.mouse.down();
    await page.mouse.move(field.x + 200, field.y + 60, { steps: 10 });
    await page.waitForTimeout(300);
    made.whileDrawing = await settled("#neon .result", empty);
    await page.mouse.move(field.x + 120, field.y + 230, { steps: 10 });
    await page.mouse.up();
    await page.locator("#neon .clear").press("Enter");
    await page.waitForTimeout(500);
    made.cleared = apart(await picture("#neon .result"), empty);
    await page.locator("#neon [data-write='5']").press("Enter");
    made.written = await settled("#neon .result", empty);

    await seen("#emoji");
    await settled("#emoji .result", black);
    const sheet = await picture("#emoji .result");
    await page.locator("#emoji [data-outline]").first().press("Enter");
    made.outline = await settled("#emoji .result", sheet);

    await seen("#classes");
    const dark = (await picture("#classes .cell")).map(() => 0);
    await settled("#classes .cell", dark);
    const ship = await picture("#classes .cell");
    await page.locator("#psi").focus();
    await page.keyboard.press("Home");
    made.truncation = await settled("#classes .cell", ship);
    await page.locator("#notes").scrollIntoViewIfNeeded();
    await page.waitForSelector("#notes[data-ready=yes]");
    const silent = await picture("#notes .wave");
    await page.locator("#notes [data-pitch='60']").press("Enter");
    made.note = apart(await picture("#notes .wave"), silent);
    const halfWay = await picture("#notes .wave");
    await page.locator("#notes [data-instrument='0']").press("Enter");
    await page.keyboard.press("a");
    made.clarinet = apart(await picture("#notes .wave"), halfWay);
    made.heard = await page.locator("#notes .wave").getAttribute("aria-label");
    made.stops = await page.locator("#notes .piano [tabindex='0']").count();
    await page.locator("#notes [tabindex='0']").focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
    made.moved = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    await page.evaluate(() => addEventListener("keydown", (event) => { globalThis.last = [event.key, event.defaultPrevented]; }));
    await page.keyboard.press("'");
    made.quote = await page.evaluate(() => globalThis.last);
    made.narrow = await page.evaluate(() => Math.min(...[...document.querySelectorAll("#notes .piano button")].map((one) => one.offsetWidth)));
    made.unlabelled = await page.evaluate(() => [...document.querySelectorAll("main button, main input, main canvas:not([aria-hidden])")]
      .filter((one) => !(one.getAttribute("aria-label") || one.labels?.[0]?.textContent.trim() || one.textContent.trim())).length);
    made.wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    return made;
  },

  async frames(page) {
    await page.evaluate(readFileSync(new URL("watch.js", import.meta.url), "utf8"));
    return { neon: await page.evaluate(() => frame("neon")), emoji: await page.evaluate(() => frame("emoji")) };
  },

  async message(page) {
    return { text: await page.locator("#message").innerText(), usable: await page.locator(".panel button:enabled").count() };
  },
};

const { browser: executablePath, visits } = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const answers = {};
for (const { name, url, script, width = 1200, without, ...rest } of visits) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("request", (request) => /^https?:/.test(request.url()) && !request.url().startsWith("http://127.0.0.1") && errors.push(`asks ${request.url()}`));
  if (without) await page.addInitScript(`delete globalThis.${without}`);
  await page.goto(url, { waitUntil: "load" });
  const result = script ? await WALKS[script](page, rest) : { wide: await page.evaluate(() => document.documentElement.scrollWidth - innerWidth) };
  answers[name] = { errors, result };
  await page.close();
}
await browser.close();
process.stdout.write(JSON.stringify(answers));
