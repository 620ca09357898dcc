// A walk through the API with a client that is made from its document: create, upload, wait, list, conflict.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";
import { picture } from "./picture.js";

type Product = components["schemas"]["Product"];

const baseUrl = process.argv[2];
assert(baseUrl, "usage: node walk.js <url of the server>");
const client = createClient<paths>({ baseUrl });

/** What was asked for, or the server's own words for why there is none. */
function found<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  const { data, error } = answer;
  assert(data !== undefined, error && `${error.status} ${error.code}: ${error.detail}`);
  return data;
}

async function create(user: number, name: string): Promise<Product> {
  const body = { user_id: user, product_name: name, product_price: 18.99 };
  const key = `walk-${name}`;
  const ask = () => client.POST("/products", { params: { header: { "Idempotency-Key": key } }, body });
  const [first, again] = [await ask(), await ask()];
  assert.equal(first.response.status, 201);
  assert.equal(again.response.headers.get("Idempotency-Replayed"), "true");
  assert.equal(found(again).data.id, found(first).data.id, "the same request twice made one product");
  assert.equal(found(first).data.product_price, 18.99);
  return found(first).data;
}

async function upload(product: Product): Promise<string[]> {
  const answer = await client.POST("/products/{id}/images", {
    params: { path: { id: product.id } },
    body: { file: [picture(640, 480, 60), picture(480, 640, 200)] },
    bodySerializer: (body) => {
      const form = new FormData();
      const files = "file" in body ? body.file : [];
      files.forEach((file, index) => form.append("file", file, `picture-${index}.png`));
      return form;
    },
  });
  assert.equal(answer.response.status, 201);
  return found(answer).added;
}

async function wait(id: number): Promise<{ product: Product; etag: string }> {
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await client.GET("/products/{id}", { params: { path: { id }, query: { wait: 10 } } });
    const product = found(answer).data;
    if (product.images_summary.pending + product.images_summary.processing === 0) {
      const etag = answer.response.headers.get("ETag");
      assert(etag);
      return { product, etag };
    }
  }
  throw new Error(`the images of product ${id} are still under way`);
}

async function list(user: number): Promise<number[]> {
  const ids: number[] = [];
  let cursor: string | null = null;
  do {
    const query: { user_id: number; sort: "product_name"; limit: number; cursor?: string } =
      { user_id: user, sort: "product_name", limit: 2 };
    if (cursor !== null) {
      query.cursor = cursor;
    }
    const page: components["schemas"]["ProductList"] = found(await client.GET("/products", { params: { query } }));
    assert(page.data.length <= 2);
    ids.push(...page.data.map((product) => product.id));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return ids;
}

async function conflict(id: number, etag: string): Promise<void> {
  const rename = (name: string) =>
    client.PATCH("/products/{id}", {
      params: { path: { id }, header: { "If-Match": etag } },
      body: { product_name: name },
    });
  const mine = await rename("Kettle, red");
  assert.equal(found(mine).data.product_name, "Kettle, red");
  const theirs = await rename("Kettle, blue");
  assert.equal(theirs.response.status, 412);
  assert.equal(theirs.error?.code, "precondition_failed");
  assert.equal(theirs.response.headers.get("ETag"), mine.response.headers.get("ETag"), "the refusal names what is there");
}

const user = found(await client.POST("/users", { body: { first_name: "Ada", last_name: "Lovelace" } })).data;
const products = [await create(user.id, "Kettle"), await create(user.id, "Lamp"), await create(user.id, "Mug")];
const [kettle] = products;
assert(kettle);
console.log(`created ${products.length} products, each request sent twice`);

const added = await upload(kettle);
assert.equal(added.length, 2);
const { product, etag } = await wait(kettle.id);
assert.deepEqual(product.images.map((image) => [image.id, image.status]), added.map((id) => [id, "ready"]));
for (const url of product.compressed_product_images) {
  const rendition = await fetch(url);
  assert.equal(rendition.status, 200);
  assert.equal(rendition.headers.get("Content-Length"), String((await rendition.arrayBuffer()).byteLength));
}
console.log(`uploaded ${added.length} images, waited until they were ready, fetched ${product.compressed_product_images.length}`);

assert.deepEqual(await list(user.id), products.map((listed) => listed.id));
console.log(`listed ${products.length} products in pages of 2`);

await conflict(kettle.id, etag);
console.log("an edit of what had been changed since was refused");

const missing = await client.GET("/products/{id}", { params: { path: { id: 9_007_199_254_740_991 } } });
assert.equal(missing.error?.code, "not_found");
assert.equal(missing.response.status, missing.error.status);
