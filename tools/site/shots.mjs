// The screenshots in docs/ and their names; tools/site_pictures.py calls this with the path of Chromium.
import { chromium } from "playwright-core";

const root = new URL("../../", import.meta.url), browser = await chromium.launch({ executablePath: process.argv[2], args: ["--no-sandbox"] });

async function shot(path, name, act, width = 1180, height = 800) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(new URL(`site/${path}`, root).href);
  await act(page);
  await page.waitForTimeout(2000);
  await page.screenshot({ path: new URL(`docs/${name}.png`, root).pathname });
  await page.close();
  console.log(`${name}.png`);
}

const to = (id) => (page) => page.evaluate((id) => document.getElementById(id).scrollIntoView(), id);
await shot("notebooks/06_conditional_gan.html", "site_lesson_06", to("digits-on-demand"));
await shot("notebooks/03_mel_audio_gan.html", "site_lesson_03", to("what-a-sound-is-sampled"));
await shot("play/index.html", "playground", async (page) => {
  await page.waitForSelector(".map[data-ready=yes]");
  await page.locator("#emoji").scrollIntoViewIfNeeded();
  const field = await page.locator("#emoji .pad").boundingBox();
  const circle = (x, y, radius, from = 0, to = 6.4) =>
    Array.from({ length: 33 }, (_, i) => from + ((to - from) * i) / 32).map((a) => [x + radius * Math.cos(a), y + radius * Math.sin(a)]);
  for (const points of [circle(140, 140, 105), circle(100, 110, 12), circle(180, 110, 12), circle(140, 150, 50, 0.4, 2.7)]) {
    for (const [i, [x, y]] of points.entries()) {
      await page.mouse.move(field.x + x, field.y + y, { steps: 2 });
      if (i === 0) await page.mouse.down();
    }
    await page.mouse.up();
  }
  await to("emoji")(page);
}, 940, 900);
await browser.close();
