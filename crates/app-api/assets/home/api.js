// What the page asks of the API. Every operation is spelled as the API's description spells it; a test compares them.

/** An answer that is an error: the members of `application/problem+json`. */
export class Problem extends Error {
  constructor(problem, status) {
    super(problem.detail ?? `the server answered ${status}`);
    this.status = status;
    this.code = problem.code;
    this.errors = problem.errors ?? [];
  }
}

/** Where an operation is, relative to this page, so that it works below a prefix too. */
function address(template, values, query) {
  const path = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name]));
  const url = new URL(path.slice(1), document.baseURI);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return url;
}

/**
 * Asks for an operation such as `GET /products/{id}`. Answers `{data, etag, unchanged}`; throws a `Problem` for an
 * error that the server tells, and what `fetch` throws when there is no answer.
 */
export async function ask(operation, { values = {}, query = {}, json, form, key, etag, signal } = {}) {
  const [method, template] = operation.split(" ");
  const headers = { Accept: "application/json, application/problem+json" };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (etag) headers["If-None-Match"] = etag;
  const body = form ?? (json === undefined ? undefined : JSON.stringify(json));
  // Without this, what the browser keeps would be asked about first.
  const answer = await fetch(address(template, values, query), { method, headers, body, signal, cache: "no-store" });
  if (answer.status === 304) return { unchanged: true, etag };
  const text = await answer.text();
  const content = /json/.test(answer.headers.get("Content-Type") ?? "") ? JSON.parse(text) : {};
  if (!answer.ok) throw new Problem(content, answer.status);
  return { data: content, etag: answer.headers.get("ETag") };
}

const owners = new Map();

/** The name of a user, asked for once. */
export function ownerName(id) {
  if (!owners.has(id)) {
    const asked = ask("GET /users/{id}", { values: { id } });
    owners.set(id, asked.then(({ data: { data } }) => `${data.first_name} ${data.last_name}`, () => {
      owners.delete(id);
      return `User ${id}`;
    }));
  }
  return owners.get(id);
}

/** The first user there is, or nothing. */
export async function firstUser() {
  return (await ask("GET /users", { query: { limit: 1 } })).data.data[0];
}

/** A key for a request that may be sent again. `crypto.randomUUID` is there over HTTPS and on this machine only. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
