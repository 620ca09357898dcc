// A page in a browser, and all that is wrong with it: errors on its console, requests that fail or go elsewhere, what
// axe finds, content that is wider than the window.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import { chromium } from "playwright-core";

/** How long anything may take, in milliseconds: far more than it does, because machines are shared and builds slow. */
const LIMIT = 180_000;

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function startBrowser(executablePath) {
  // As root there is no sandbox to be had; all that is loaded is our own.
  const args = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args, timeout: LIMIT });
}

/** Opens a page in a window of its own. */
export async function open(browser, url, { width = 1280, height = 860 } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: "light",
    reducedMotion: "reduce",
    locale: "en-GB",
  });
  context.setDefaultTimeout(LIMIT);
  const sight = new Sight(await context.newPage(), new URL(url).origin);
  await sight.page.goto(url);
  return sight;
}

class Sight {
  constructor(page, origin) {
    this.page = page;
    this.faults = [];
    /** The status of answers that a step provokes. */
    this.provoked = undefined;
    page.on("console", (message) => {
      const text = message.text();
      const expected = this.provoked !== undefined && text.includes(`status of ${this.provoked} `);
      if (["error", "warning"].includes(message.type()) && !expected) this.faults.push(`console: ${text}`);
    });
    page.on("pageerror", (error) => this.faults.push(`script: ${error.stack}`));
    page.on("requestfailed", (request) => {
      const { errorText } = request.failure() ?? {};
      // What the browser gave up by itself, since the page was left or asks for something else now, did not fail.
      if (errorText !== "net::ERR_ABORTED") this.faults.push(`${request.url()}: ${errorText}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400 && response.status() !== this.provoked) {
        this.faults.push(`${response.request().method()} ${response.url()}: ${response.status()}`);
      }
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== origin) this.faults.push(`asked elsewhere: ${url}`);
    });
  }

  /** The card of the product that is called so. */
  card(name) {
    return this.page.locator(".card").filter({ has: this.page.getByRole("heading", { name, exact: true }) });
  }

  /** Waits until this holds in the page. */
  until(condition, argument) {
    return this.page.waitForFunction(condition, argument);
  }

  /** Waits until every picture of the cards is ready and seen; those further down load when they are near. */
  async untilPicturesShow() {
    await this.page.locator(".waiting").first().waitFor({ state: "detached" });
    for (const image of await this.page.locator(".card img").all()) {
      await image.scrollIntoViewIfNeeded();
      await image.evaluate((element) => element.decode());
      assert(await image.evaluate((element) => element.naturalWidth > 0 && element.alt !== ""), "a picture is empty");
    }
    await this.page.evaluate(() => scrollTo(0, 0));
  }

  /** Nothing serious for people who see, hear or move differently, in light and in dark. */
  async isAccessible(what) {
    for (const colorScheme of ["light", "dark"]) {
      await this.page.emulateMedia({ colorScheme });
      if (!(await this.page.evaluate(() => "axe" in globalThis))) await this.page.evaluate(AXE);
      const { violations, passes } = await this.page.evaluate(() => globalThis.axe.run());
      assert(passes.length > 10, "axe looked at nothing");
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      const told = serious.flatMap(({ id, help, nodes }) =>
        nodes.map((node) => `${id} (${help}): ${node.target} ${node.any[0]?.message ?? ""}`));
      assert.deepEqual(told, [], `${what}, ${colorScheme}`);
    }
    await this.page.emulateMedia({ colorScheme: "light" });
  }

  /** Nobody has to scroll sideways. */
  async fits(what) {
    const [content, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert(content <= window, `${what}: ${content} px wide in a window of ${window} px`);
  }

  /** Goes on with the Tab key until this has the focus. */
  async tabTo(selector) {
    for (let presses = 0; presses < 60; presses += 1) {
      await this.page.keyboard.press("Tab");
      if (await this.page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    }
    assert.fail(`the Tab key does not lead to ${selector}`);
  }

  /** Closes the window, after which nothing may have been wrong. */
  async close() {
    const faults = [...this.faults];
    await this.page.context().close();
    assert.deepEqual(faults, []);
  }
}
