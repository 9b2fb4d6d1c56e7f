// Validates bodies of webhooks with the JSON Schema of the documentation. Reads a JSON array of bodies from the file that the
// argument names; prints what is wrong, and exits with 1. The examples of the schema are validated as well.

import { readFileSync } from "node:fs";

import Ajv from "ajv/dist/2020.js";

const schema = JSON.parse(readFileSync(new URL("../../docs/webhook-events.schema.json", import.meta.url), "utf8"));
const formats = {
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/,
};
// `type` stands beside `properties` at the root, not in each definition.
const ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, formats });
const validate = ajv.compile(schema);
let problems = 0;

/** Validates a body as a whole, and by the definition of its type, whose errors are the ones to read. */
function check(origin, body) {
  const ofType = ajv.getSchema(`${schema.$id}#/$defs/${body.type}`);
  for (const [name, validator] of [["schema", validate], [body.type, ofType]]) {
    if (validator?.(body)) continue;
    problems += 1;
    const errors = ajv.errorsText(validator?.errors, { separator: "\n  " });
    console.error(`${origin} of ${body.type}, by the ${name}:\n  ${validator ? errors : "there is no definition"}`);
  }
}

const types = schema.oneOf.map(({ $ref }) => $ref.split("/").at(-1));
for (const type of types) {
  const examples = schema.$defs[type].examples ?? [];
  if (examples.length === 0) throw new Error(`${type} has no example`);
  for (const example of examples) check("example", example);
}
for (const body of JSON.parse(readFileSync(process.argv[2], "utf8"))) check("delivery", body);
// A schema that accepts everything would be of no use.
const [first] = schema.$defs["payout.completed"].examples;
for (const change of [{ data: {} }, { id: "1" }, { type: "payout.failed" }, { timestamp: "today" }]) {
  if (!validate({ ...first, ...change })) continue;
  problems += 1;
  console.error(`the schema accepts ${JSON.stringify(change)}`);
}
console.log(types.join("\n"));
process.exit(problems === 0 ? 0 : 1);
