import graphql from "@graphql-eslint/eslint-plugin";

// Paths are relative to the root of the repository, where `npm run lint` runs ESLint: it ignores files outside of its
// working directory.
const schema = "schema.graphql";
const documents = "portal/src/operations/**/*.graphql";

const lint = (files, sets, rules) => ({
  files: [files],
  plugins: { "@graphql-eslint": graphql },
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema, documents } } },
  linterOptions: { reportUnusedDisableDirectives: "error" },
  rules: Object.assign({}, ...sets.map((set) => graphql.configs[`flat/${set}`].rules), rules),
});

// Types without an id: they are part of their parent and cannot be fetched on their own.
const typesWithoutId = [
  "AuditSeal", "DownloadFile", "EarningInvoice", "Erasure", "FailedInvoice", "FieldChange", "InvoiceRevision",
  "LegalIdentity", "ManagedAccountTerms", "Money", "OutcomeCount", "Overview", "OverviewBalance", "OverviewMonth", "PageInfo",
  "PartnerBalance", "PartnerDebt", "PartnerEarnings", "PartnerMonth",
  "PartnerRevenueDashboard", "PartnerTerms", "PlannedPayout", "Reconciliation", "ReconciliationDifference",
  "ReferralStage", "SearchHit", "SkippedPayout", "StatementMovement", "StatementPreview", "StatusChange",
  "TenantLegalIdentity", "UserError", "Viewer", "WorkQueueCounts",
];
const suffixes = ["Connection", "Edge", "Payload"];

export default [
  lint(schema, ["schema-recommended", "schema-relay"], {
    "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types: typesWithoutId, suffixes } }],
    // Short lists need no pagination: the history of a row, its balances, user errors.
    "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
  }),
  lint(documents, ["operations-recommended"]),
];
