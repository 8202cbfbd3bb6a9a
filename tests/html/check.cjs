"use strict";
// Opens every report of a folder at three widths in light and dark, and reports every fault.
//   node check.cjs CHROMIUM FOLDER PROFILE [SCREENSHOTS]
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, folder, profile, screenshots] = process.argv.slice(2);
const WIDTHS = [360, 800, 1280];
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const faults = [];
const counts = { pages: 0, views: 0, axe: 0, commands: 0 };

async function main() {
  const context = await chromium.launchPersistentContext(profile, { executablePath, headless: true, args: ARGS });
  const pages = fs.readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
  for (const name of pages) {
    counts.pages += 1;
    await check(context, name);
  }
  await withoutScript(path.join(folder, pages[0]));
  await context.close();
  console.log(`html: ${counts.pages} pages, ${counts.views} views, ${counts.commands} commands copied, ` +
    `${counts.axe} rules of axe passed, ${faults.length} faults`);
  for (const fault of faults) console.error(`html: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

async function check(context, name) {
  const url = pathToFileURL(path.join(folder, name)).href;
  const page = await context.newPage();
  page.on("request", (request) => request.url() === url || faults.push(`${name}: requests ${request.url()}`));
  page.on("pageerror", (error) => faults.push(`${name}: ${error}`));
  page.on("console", (line) => ["error", "warning"].includes(line.type()) && faults.push(`${name}: ${line.text()}`));
  page.on("dialog", (dialog) => { faults.push(`${name}: a dialog`); dialog.dismiss(); });
  await page.goto(url);
  const title = await page.title();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      counts.views += 1;
      await page.setViewportSize({ width, height: 900 });
      await layout(page, `${name} ${width} ${colorScheme}`);
      if (screenshots) {
        const file = path.join(screenshots, `${path.basename(name, ".html")}-${width}-${colorScheme}.png`);
        await page.screenshot({ path: file, fullPage: true });
      }
    }
    await accessibility(page, `${name} ${colorScheme}`);
  }
  await inert(page, name);
  await copies(page, name);
  if (await page.title() !== title || !title.startsWith("Azure AI Speech: ")) faults.push(`${name}: the title is changed`);
  await page.close();
}

/** Nothing is wider than the page, no text is cut, and no short word is broken. */
async function layout(page, where) {
  const wide = await page.evaluate(() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth > limit) return [`scrolls to ${document.documentElement.scrollWidth} px`];
    const texts = document.querySelectorAll("h1, h2, h3, p, li, dt, dd, td, th, pre, button");
    const inside = [...texts].filter((element) => !element.closest(".rounds"));
    return inside.filter((element) => element.getBoundingClientRect().right > limit + 1 || element.scrollWidth > element.clientWidth + 1 &&
      getComputedStyle(element).display !== "inline").slice(0, 3).map((element) => `cut: ${element.outerHTML.slice(0, 120)}`);
  });
  for (const fault of wide) faults.push(`${where}: ${fault}`);
  for (const fault of await page.evaluate(brokenWords)) faults.push(`${where}: broken: ${fault}`);
}

/** Short words that a column is too narrow for: their text has more lines than words. */
function brokenWords() {
  const lines = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
  };
  const words = (element) => element.textContent.trim().split(/\s+/);
  const texts = [...document.querySelectorAll("h1, h2, h3, p, li, dt, dd, td, th, button")].filter((element) => element.children.length === 0);
  const short = texts.filter((element) => words(element).every((word) => word.length <= 12));
  return short.filter((element) => lines(element) > words(element).length).slice(0, 3).map((element) => element.outerHTML.slice(0, 120));
}

/** The rules of axe, with contrast. The policy of the page forbids a script from outside, so it comes over the protocol. */
async function accessibility(page, where) {
  const result = await page.evaluate(`${axe};axe.run(document, { resultTypes: ["violations"] })`);
  counts.axe += result.passes.length;
  const contrast = result.passes.find((rule) => rule.id === "color-contrast");
  if (!contrast) faults.push(`${where}: the contrast was not measured`);
  for (const rule of result.violations) {
    faults.push(`${where}: axe ${rule.id}: ${rule.nodes.slice(0, 2).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  }
}

/** Only the elements of the report exist, without handlers, and links lead to the documentation alone. */
async function inert(page, name) {
  const found = await page.evaluate(() => {
    const foreign = [...document.querySelectorAll("script, style, iframe, object, embed, form, input, base, link, img, video, audio")]
      .map((element) => element.outerHTML.slice(0, 80)).filter((html) => !/^<(script>"use strict"|style>:root)/.test(html.replace(/>\s+/, ">")));
    const handlers = [...document.querySelectorAll("*")].flatMap((element) => [...element.attributes])
      .filter((attribute) => attribute.name.startsWith("on")).map((attribute) => attribute.name);
    const links = [...document.links].map((link) => link.getAttribute("href"))
      .filter((href) => !/^(#[A-Z]+[0-9]+|https:\/\/[a-z0-9./-]+.*)$/.test(href) || href.includes("evil"));
    const metas = [...document.querySelectorAll("meta[http-equiv]")].filter((meta) => meta.httpEquiv !== "Content-Security-Policy");
    return [...foreign, ...handlers, ...links, ...metas.map((meta) => meta.outerHTML)];
  });
  for (const fault of found) faults.push(`${name}: foreign: ${fault}`);
  const headings = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3, h4")].map((heading) => Number(heading.tagName[1])));
  headings.forEach((level, index) => level > (headings[index - 1] ?? 0) + 1 && faults.push(`${name}: a heading of level ${level} after ${headings[index - 1]}`));
}

/** Every button copies its command, by the keyboard. */
async function copies(page, name) {
  await page.evaluate(() => {
    window.copied = [];
    Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied.push(text); } } });
  });
  const buttons = await page.locator(".command button").all();
  for (const button of buttons.slice(0, 3)) {
    counts.commands += 1;
    const command = await button.evaluate((element) => element.parentElement.querySelector("pre").textContent);
    await button.focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((element) => element.textContent === "Copied", await button.elementHandle(), { timeout: 2000 })
      .catch(() => faults.push(`${name}: a button does not say that it has copied`));
    const copied = await page.evaluate(() => window.copied.pop());
    if (copied !== command) faults.push(`${name}: copied ${copied}, not ${command}`);
  }
}

/** Without scripts the report is complete, and no button is shown. */
async function withoutScript(file) {
  const browser = await chromium.launch({ executablePath, headless: true, args: ARGS });
  const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await page.goto(pathToFileURL(file).href);
  if (await page.locator(".command button:visible").count() > 0) faults.push("without scripts there are buttons");
  if (await page.locator("main h2").count() === 0) faults.push("without scripts there is no report");
  await browser.close();
}

main().catch((error) => { console.error(`html: ${error.stack}`); process.exitCode = 1; });
