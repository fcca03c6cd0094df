// The screenshots in docs/, after `make site`: node tools/site/shots.mjs /usr/bin/chromium
import { chromium } from "playwright-core";

const root = new URL("../../", import.meta.url), browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox"] });

async function shot(path, name, act, width = 1180, height = 800) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(new URL(`site/${path}`, root).href);
  await act(page);
  await page.waitForTimeout(2000);
  await page.screenshot({ path: new URL(`docs/${name}.png`, root).pathname });
  await page.close();
}

const to = (id) => (page) => page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
await shot("notebooks/06_conditional_gan.html", "site_lesson_06", to("digits-on-demand"));
await shot("notebooks/03_mel_audio_gan.html", "site_lesson_03", to("what-a-sound-is-sampled"));
await shot("play/index.html", "playground", async (page) => {
  await page.waitForSelector(".map[data-ready=yes]");
  await page.locator("#neon").scrollIntoViewIfNeeded();
  const field = await page.locator("#neon .pad").boundingBox();
  const at = (x, y) => page.mouse.move(field.x + x, field.y + y, { steps: 8 });
  await at(85, 70);
  await page.mouse.down();
  for (const [x, y] of [[150, 55], [195, 90], [150, 135], [195, 180], [150, 225], [85, 205]]) await at(x, y);
  await page.mouse.up();
  await to("digits")(page);
}, 940, 1120);
await browser.close();
