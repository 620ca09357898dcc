// Writes the types of the API, src/api.ts, from the document that is named. Files are what `fetch` takes them for: blobs.
import { readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";
import ts from "typescript";

const BLOB = ts.factory.createTypeReferenceNode("Blob");

const document = process.argv[2];
if (document === undefined) {
  throw new Error("usage: node generate.mjs <document>");
}
const types = await openapi(JSON.parse(await readFile(document, "utf8")), {
  transform: (schema) => (schema.type === "string" && schema.format === "binary" ? BLOB : undefined),
});
await writeFile("src/api.ts", astToString(types));
