// Cuts an OpenAPI description down to some paths and what they refer to, so that a mock of it starts in seconds.
// usage: node slice.mjs DESCRIPTION OUT PATH...
import { readFileSync, writeFileSync } from "node:fs";

const [description, out, ...paths] = process.argv.slice(2);
const whole = JSON.parse(readFileSync(description, "utf8"));
const sliced = { openapi: whole.openapi, info: whole.info, paths: {}, components: {} };

function take(node) {
  if (node === null || typeof node !== "object") return;
  if (typeof node.$ref === "string") takeComponent(node.$ref);
  Object.values(node).forEach(take);
}

function takeComponent(reference) {
  const [, , sort, name] = reference.split("/");
  sliced.components[sort] ??= {};
  if (name in sliced.components[sort]) return;
  sliced.components[sort][name] = whole.components[sort][name];
  take(sliced.components[sort][name]);
}

for (const path of paths) {
  if (!(path in whole.paths)) throw new Error(`${description} has no ${path}`);
  sliced.paths[path] = whole.paths[path];
  take(sliced.paths[path]);
}
writeFileSync(out, JSON.stringify(sliced));
