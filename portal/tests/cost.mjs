// Tells what each trusted document costs: its characters, its fields, and its fields with each counted as often as its
// lists may hold it, as the server counts them: a connection by `first` or `last` as they stand, or 50; any other list
// 10, and what a run answers for each partner 500. In the last column, whatever a client may choose is the most that it
// may: 100 rows of a page, 500 ids.

import { readFileSync } from "node:fs";

import { buildSchema, getNullableType, isListType, Kind, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const schema = buildSchema(read("../../schema.graphql"));
const documents = Object.values(JSON.parse(read("../src/gql/persisted-documents.json")));

const LONG = new Set(["RunPayoutsPayload.payouts", "RunPayoutsPayload.skipped"]);

/** How many rows a connection is asked for; `chosen` where a variable tells, or else its default. */
function rows(field, variables, chosen) {
  for (const name of ["first", "last"]) {
    const value = field.arguments.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE && chosen) return chosen;
    const literal = value?.kind === Kind.VARIABLE ? variables.get(value.name.value) : value;
    if (literal?.kind === Kind.INT) return Number(literal.value);
  }
  return 50;
}

function weigh(document, chosen) {
  const definitions = document.definitions[0].variableDefinitions;
  const variables = new Map(definitions.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]));
  const types = new TypeInfo(schema);
  const open = [{ factor: 1, page: 50 }]; // the fields around the present one
  const found = { depth: 0, fields: 0, "with lists": 0 };
  const Field = {
    enter(field) {
      const { factor, page } = open.at(-1);
      found.fields += 1;
      found["with lists"] += factor;
      found.depth = Math.max(found.depth, open.length);
      const parent = types.getParentType().name;
      let length = LONG.has(`${parent}.${field.name.value}`) ? 500 : 10;
      if (parent.endsWith("Connection")) length = page;
      if (parent === "CommissionEventsPayload" && chosen) length = 500; // as many as input.ids
      const list = isListType(getNullableType(types.getType()));
      open.push({ factor: list ? factor * length : factor, page: rows(field, variables, chosen) });
    },
    leave: () => void open.pop(),
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
}

const costs = documents.map((text) => {
  const document = parse(text);
  const operation = document.definitions[0].name.value;
  return { operation, characters: text.length, ...weigh(document), "at most": weigh(document, 100)["with lists"] };
});
console.table(costs.sort((a, b) => b["with lists"] - a["with lists"]));
