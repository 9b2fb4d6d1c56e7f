// Prints the cost of each persisted document: its characters, its depth, its fields, and its fields multiplied by the
// sizes of the lists around them. List sizes are estimated as the server does: for a connection `first` or `last`, by
// default 50; for the lists of a payout run 500; for any other list 10. The last column assumes the largest values
// that a client may choose: pages of 100 rows, and 500 ids.

import { readFileSync } from "node:fs";

import { buildSchema, getNullableType, isListType, Kind, parse, TypeInfo, visit, visitWithTypeInfo } from "graphql";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const schema = buildSchema(read("../../schema.graphql"));
const documents = Object.values(JSON.parse(read("../src/gql/persisted-documents.json")));

const LONG_LISTS = new Set(["RunPayoutsPayload.payouts", "RunPayoutsPayload.skipped"]);

/** The page size of a connection. A variable counts as `maximum` if that is given, otherwise as its default value. */
function pageSize(field, variables, maximum) {
  for (const name of ["first", "last"]) {
    const value = field.arguments.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE && maximum) return maximum;
    const literal = value?.kind === Kind.VARIABLE ? variables.get(value.name.value) : value;
    if (literal?.kind === Kind.INT) return Number(literal.value);
  }
  return 50;
}

function measure(document, maximum) {
  const definitions = document.definitions[0].variableDefinitions;
  const variables = new Map(definitions.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]));
  const types = new TypeInfo(schema);
  const ancestors = [{ factor: 1, page: 50 }];
  const totals = { depth: 0, fields: 0, "with lists": 0 };
  const Field = {
    enter(field) {
      const { factor, page } = ancestors.at(-1);
      totals.fields += 1;
      totals["with lists"] += factor;
      totals.depth = Math.max(totals.depth, ancestors.length);
      const parent = types.getParentType().name;
      let length = LONG_LISTS.has(`${parent}.${field.name.value}`) ? 500 : 10;
      if (parent.endsWith("Connection")) length = page;
      if (parent === "CommissionEventsPayload" && maximum) length = 500; // one per id of the input
      const isList = isListType(getNullableType(types.getType()));
      ancestors.push({ factor: isList ? factor * length : factor, page: pageSize(field, variables, maximum) });
    },
    leave: () => void ancestors.pop(),
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return totals;
}

const costs = documents.map((text) => {
  const document = parse(text);
  const operation = document.definitions[0].name.value;
  return { operation, characters: text.length, ...measure(document), "at most": measure(document, 100)["with lists"] };
});
console.table(costs.sort((a, b) => b["with lists"] - a["with lists"]));
