// What one does with the page, and what must be seen then.
import assert from "node:assert/strict";
import { picture } from "./picture.mjs";

/** A name that would do harm if it were taken for HTML, and would not fit if it could not be broken. */
const HOSTILE = `<img src=x onerror="harm()"><b>bold</b> &amp; ${"long".repeat(40)}`;

/** Makes a product past the page, as another client would. */
export async function post(api, name, urls = []) {
  const headers = { "Content-Type": "application/json" };
  const json = { user_id: api.user, product_name: name, product_price: 7, product_images: urls };
  const answer = await fetch(`${api.url}/products`, { method: "POST", headers, body: JSON.stringify(json) });
  assert.equal(answer.status, 201);
  return (await answer.json()).data.id;
}

export async function emptyPageSaysWhatToDo(sight, api) {
  await sight.page.getByText("Nothing here yet").waitFor();
  await sight.until(() => document.getElementById("curl").textContent.includes("curl"));
  const lines = await sight.page.locator("#curl").textContent();
  assert(lines.includes(`${api.url}/products`) && lines.includes("/users"), lines);
  assert.equal(await sight.page.locator("pre", { hasText: "wareroom import-demo" }).count(), 1);
  await sight.fits("the empty page");
  await sight.isAccessible("the empty page");
}

export async function demoTurnsUp(sight, importDemo) {
  await importDemo();
  await sight.until(() => document.querySelectorAll(".card").length >= 5);
  await sight.untilPicturesShow();
  await sight.until(() => document.getElementById("health").dataset.state === "ready");
  const sum = await sight.page.locator(".sum").first().textContent();
  assert.match(sum, /^[\d.]+ [KM]?B \u2192 [\d.]+ K?B \S+/, "bytes before and after");
  assert.equal(await sight.page.locator("#empty").isVisible(), false);
  await sight.isAccessible("the demo products");
}

export async function pictureTurnsReady(sight, api, origin) {
  await post(api, HOSTILE, [`${origin.url}/held.png`]);
  const card = sight.card(HOSTILE);
  await card.locator(".waiting").waitFor();
  assert.equal(await card.locator("h3 *").count(), 0, "a name became HTML");
  await sight.fits("a long name");
  await sight.isAccessible("a picture on its way");
  const moving = () => sight.page.evaluate(() => document.getAnimations().length);
  assert.equal(await moving(), 0, "something moves for those who asked for less");
  await sight.page.emulateMedia({ reducedMotion: "no-preference" });
  assert((await moving()) > 0, "nothing shows that it is under way");
  await sight.page.emulateMedia({ reducedMotion: "reduce" });
  origin.release();
  await card.locator("a img").waitFor();
  await sight.untilPicturesShow();
  await sight.until(() => document.getElementById("said").textContent.includes("1 picture ready"));
}

export async function failureIsExplainedAndTriedAgain(sight, api, origin) {
  await post(api, "Lamp", [`${origin.url}/broken.png`]);
  const card = sight.card("Lamp");
  await card.getByText("The server answered 503").waitFor();
  const link = card.getByRole("link", { name: "What this means: http_5xx" });
  assert.equal(await link.getAttribute("href"), "problems/http_5xx");
  await sight.isAccessible("a picture that failed");
  origin.mend();
  await sight.tabTo(".failure button");
  await sight.page.keyboard.press("Enter");
  await card.locator("a img").waitFor();
  assert.equal(await card.locator(".failure").count(), 0);
}

export async function uploadByKeyboard(sight) {
  await sight.page.reload();
  await sight.tabTo("#files");
  const chooser = sight.page.waitForEvent("filechooser");
  await sight.page.keyboard.press("Space");
  const file = { name: "green-chair.png", mimeType: "image/png", buffer: picture(1200, 900) };
  await (await chooser).setFiles([file, { ...file, name: "from behind.png" }]);
  await sight.page.getByText("from behind.png").waitFor();
  assert.equal(await sight.page.locator("#name").getAttribute("placeholder"), "Green chair");
  await sight.tabTo("#price");
  await sight.page.keyboard.press("ControlOrMeta+A");
  await sight.page.keyboard.type("129.5");
  await sight.tabTo("#add [type=submit]");
  await sight.page.keyboard.press("Enter");
  const card = sight.card("Green chair");
  await card.locator("a img").nth(1).waitFor();
  assert.equal(await card.locator(".price").textContent(), "129.50");
  await sight.untilPicturesShow();
  await card.locator("summary").focus();
  await sight.page.keyboard.press("Enter");
  await card.getByRole("link", { name: "thumb, webp" }).first().waitFor();
  await sight.isAccessible("a product that was added");
}

export async function mistakesAreExplained(sight, api) {
  const count = async () => (await (await fetch(`${api.url}/products?limit=100`)).json()).data.length;
  const before = await count();
  sight.provoked = 422;
  await sight.page.fill("#name", "Chair");
  await sight.page.fill("#price", "dear");
  await sight.page.keyboard.press("Enter");
  await sight.until(() => document.getElementById("price-error").textContent !== "");
  await sight.until(() => document.activeElement.id === "price");
  assert.equal(await sight.page.locator("#price").getAttribute("aria-invalid"), "true");
  assert.match(await sight.page.getByRole("alert").textContent(), /The product was not added/);
  await sight.fits("an error");
  await sight.isAccessible("an error");

  sight.provoked = 415;
  await sight.page.fill("#price", "12");
  const notes = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("no picture") };
  await sight.page.setInputFiles("#files", notes);
  await sight.page.getByRole("button", { name: "Add product" }).click();
  await sight.until(() => document.getElementById("files-error").textContent.includes("notes.txt"));
  await sight.page.getByRole("button", { name: "Adding" }).waitFor({ state: "detached" });
  assert.equal(await count(), before, "a product is left over whose picture was refused");
  await sight.page.getByRole("button", { name: "Remove notes.txt" }).click();
  await sight.page.fill("#name", "");
  sight.provoked = undefined;
}

export async function olderOnesAreBehindAButton(sight, api) {
  const ids = [];
  for (let number = 1; number <= 25; number += 1) ids.push(await post(api, `Spoon ${number}`));
  await sight.page.reload();
  await sight.page.getByRole("button", { name: "Show more" }).click();
  await sight.until(() => document.querySelectorAll(".card").length > 25);
  await sight.until(() => document.activeElement.closest(".card") !== null);
  const shown = await sight.page.locator(".card").evaluateAll((cards) => cards.map(({ dataset }) => dataset.product));
  assert.equal(new Set(shown).size, shown.length, "a product is shown twice");
  await fetch(`${api.url}/products/${ids[24]}`, { method: "DELETE" });
  await sight.card("Spoon 25").waitFor({ state: "detached" });
}
