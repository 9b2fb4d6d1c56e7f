import graphql from "@graphql-eslint/eslint-plugin";
import lingui from "eslint-plugin-lingui";
import typescript from "typescript-eslint";

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
  "AuditSeal", "DeadJob", "DownloadFile", "EarningInvoice", "Erasure", "FailedInvoice", "FieldChange", "InvoiceRevision",
  "JobLaneCounts", "LegalIdentity", "ManagedAccountTerms", "Money", "NotificationPreference", "OutcomeCount", "Overview",
  "OverviewBalance", "OverviewMonth", "PageInfo", "PartnerBalance", "PartnerDebt", "PartnerEarnings", "PartnerMonth",
  "PartnerRevenueDashboard", "PartnerTerms", "PaymentFileAttemptCount", "PlannedPayout", "Reconciliation", "ReconciliationDifference",
  "ReferralStage", "SearchHit", "SkippedPayout", "StatementMovement", "StatementPreview", "StatusChange",
  "TenantLegalIdentity", "UserError", "Viewer", "WorkQueueCounts",
];
const suffixes = ["Connection", "Edge", "Payload"];

// Every text of the pages is a message of Lingui, so that it has a translation. A text is what has blanks or begins with a
// capital letter, unless its type allows certain values only.
const messages = {
  files: ["portal/src/**/*.{ts,tsx}"],
  ignores: ["portal/src/gql/**"],
  plugins: { lingui },
  languageOptions: {
    parser: typescript.parser,
    parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
  },
  linterOptions: { reportUnusedDisableDirectives: "error" },
  rules: {
    "lingui/no-unlocalized-strings": [
      "error",
      {
        useTsTypes: true,
        ignore: ["^(?![A-Z“])\\S+$", "^[A-Z0-9_-]+$", "^[\\s\\d\\W]+$", "^(Bearer|SignIn|query|light-dark|input:not|revshare)\\b", "revshare$"],
        ignoreNames: ["className", "style", "type", "id", "name", "to", "key", "path", "d", "viewBox", "stroke", "fill", "accept"],
        ignoreFunctions: [
          "Error", "RegExp", "useOpenItem", "*.get", "*.has", "*.closest", "*.matches", "*.querySelector", "*.querySelectorAll",
          "*.getItem", "*.setItem", "*.setProperty", "*.addEventListener", "*.startsWith", "*.split", "*.replace",
        ],
      },
    ],
    "lingui/no-single-tag-to-translate": "error",
    "lingui/no-single-variables-to-translate": "error",
    "lingui/no-trans-inside-trans": "error",
  },
};

export default [
  messages,
  lint(schema, ["schema-recommended", "schema-relay"], {
    "@graphql-eslint/strict-id-in-types": ["error", { exceptions: { types: typesWithoutId, suffixes } }],
    // Short lists need no pagination: the history of a row, its balances, user errors.
    "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
  }),
  lint(documents, ["operations-recommended"]),
];
