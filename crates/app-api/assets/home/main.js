// The page at `/`: the newest products, a form to add one, and how the server is.

import { ask, firstUser } from "./api.js";
import { Form } from "./form.js";
import { List } from "./list.js";
import { sentence } from "./words.js";

/** How long to leave the server's health alone, in milliseconds. */
const HEALTH_EVERY = 15000;

const one = (id) => document.getElementById(id);
const [empty, trouble, health] = [one("empty"), one("trouble"), one("health")];
let asked = 0;

/** Has screen readers say something, when they come to it. */
function say(words) {
  one("said").textContent = words;
}

/** Shows how the server is, quietly. */
async function showHealth() {
  if (Date.now() - asked < HEALTH_EVERY) return;
  asked = Date.now();
  const words = await ask("GET /healthz/ready").then(
    ({ data: { worker } }) => (worker === "holding" ? ["holding", "Ready, pictures wait"] : ["ready", "Ready"]),
    ({ status }) => ["trouble", status === undefined ? "No connection" : "Not ready"],
  );
  [health.dataset.state, one("health-words").textContent] = words;
}

/** The state of the list, after each look at it. */
function state(error, nothing) {
  trouble.hidden = error === undefined;
  if (error !== undefined) {
    const words = error.status === undefined ? "The server cannot be reached." : sentence(error.message);
    trouble.textContent = `${words} This page goes on by itself.`;
    asked = 0;
  }
  if (nothing && empty.hidden) showCurl();
  empty.hidden = !nothing;
  showHealth();
}

/** What a program would do, word for word: it works when it is pasted. */
async function showCurl() {
  const user = await firstUser().catch(() => undefined);
  const base = document.baseURI.replace(/\/[^/]*$/, "");
  const send = "curl -s -H 'Content-Type: application/json'";
  const json = (path, body) => `${send} ${base}${path} \\\n  -d '${JSON.stringify(body)}'`;
  const made = json("/products", { user_id: user?.id ?? 1, product_name: "Kettle", product_price: 18.99 });
  const lines = [`id=$(${made} | jq .data.id)`, `curl -s -F file=@photo.jpg ${base}/products/$id/images`];
  if (user === undefined) lines.unshift(json("/users", { first_name: "Ada", last_name: "Lovelace" }));
  one("curl").textContent = lines.join("\n");
}

/** Copies the text beside a button. Where the browser does not let us, the text is marked for the reader to copy. */
async function copy(button) {
  const text = button.parentElement.querySelector("pre");
  try {
    await navigator.clipboard.writeText(text.textContent);
    button.textContent = "Copied";
    say("Copied.");
  } catch {
    getSelection().selectAllChildren(text);
    say("Marked, for you to copy.");
  }
}

const list = new List({ say, state });
const form = new Form({ say, added: (product) => list.add(product) });
one("to-form").addEventListener("click", () => form.focus());
for (const button of document.querySelectorAll(".copy button")) button.addEventListener("click", () => copy(button));
list.look();
