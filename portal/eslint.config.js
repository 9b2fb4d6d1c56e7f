import graphql from "@graphql-eslint/eslint-plugin";

// Paths count from the root of the repository, where `npm run lint` starts: ESLint sees nothing above where it starts.
const schema = "schema.graphql";
const documents = "portal/src/operations/**/*.graphql";

const lint = (files, sets, rules) => ({
  files: [files],
  plugins: { "@graphql-eslint": graphql },
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema, documents } } },
  linterOptions: { reportUnusedDisableDirectives: "error" },
  rules: Object.assign({}, ...sets.map((set) => graphql.configs[`flat/${set}`].rules), rules),
});

// Values: they are part of what holds them, and nobody could ask for one by an id.
const types = [
  "Money", "PageInfo", "PartnerBalance", "PartnerDebt", "PartnerMonth", "PartnerRevenueDashboard", "Reconciliation",
  "ReconciliationDifference", "ReferralStage", "SkippedPayout", "StatusChange", "UserError", "Viewer",
];
const suffixes = ["Connection", "Edge", "Payload"];

export default [
  lint(schema, ["schema-recommended", "schema-relay"], {
    "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types, suffixes } }],
    // Not every list grows: a row's history, its balances and the reasons of a refusal are answered whole.
    "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
  }),
  lint(documents, ["operations-recommended"]),
];
