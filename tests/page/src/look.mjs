// Looks at the page of a running server with a browser, from its empty state on, and takes its picture.
//
//   node look.mjs <url> <browser> <folder for screenshots> <command that imports the demo>...
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { startOrigin } from "./origin.mjs";
import { open, startBrowser } from "./sight.mjs";
import * as steps from "./steps.mjs";

const [url, executable, folder, ...command] = process.argv.slice(2);
assert(command.length > 0, "usage: node look.mjs <url> <browser> <folder> <command>...");
const api = { url };
const importDemo = () => promisify(execFile)(command[0], command.slice(1));
const picture = (sight, name) => sight.page.screenshot({ path: path.join(folder, `${name}.png`) });

/** The same as WebP, which has a third of the bytes: it is shown in the documentation. */
async function smallPicture(sight, name) {
  const devtools = await sight.page.context().newCDPSession(sight.page);
  const { data } = await devtools.send("Page.captureScreenshot", { format: "webp", quality: 90 });
  await writeFile(path.join(folder, `${name}.webp`), Buffer.from(data, "base64"));
}

async function step(name, run) {
  const begun = Date.now();
  await run();
  console.log(`${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
}

const [browser, origin] = [await startBrowser(executable), await startOrigin()];
try {
  const wide = await open(browser, url);
  const narrow = { width: 360, height: 740 };
  await step("an empty page says what to do", () => steps.emptyPageSaysWhatToDo(wide, api));
  await picture(wide, "empty");
  await step("the demo products turn up by themselves", () => steps.demoTurnsUp(wide, importDemo));
  for (const colorScheme of ["light", "dark"]) {
    await wide.page.emulateMedia({ colorScheme });
    await picture(wide, colorScheme);
    await smallPicture(wide, colorScheme);
  }
  await wide.page.emulateMedia({ colorScheme: "light" });
  api.user = (await (await fetch(`${url}/users?limit=1`)).json()).data[0].id;
  await step("a picture turns ready while one looks", () => steps.pictureTurnsReady(wide, api, origin));
  await step("a failure is explained, and tried again", () => steps.failureIsExplainedAndTriedAgain(wide, api, origin));
  await step("an upload by keyboard alone ends as a card", () => steps.uploadByKeyboard(wide));
  await picture(wide, "added");
  await step("mistakes are explained at their fields", () => steps.mistakesAreExplained(wide, api));
  await wide.close();
  await step("it fits into 360 pixels, below the prefix too", async () => {
    const small = await open(browser, `${url}/api/`, narrow);
    await small.untilPicturesShow();
    await small.fits("the whole page");
    await picture(small, "narrow");
    await steps.mistakesAreExplained(small, api);
    await small.close();
  });
  await step("older products are behind a button", async () => {
    const again = await open(browser, url);
    await steps.olderOnesAreBehindAButton(again, api);
    await again.close();
  });
} finally {
  await browser.close();
  origin.stop();
}
