import { createHash } from "node:crypto";

import type { CodegenConfig } from "@graphql-codegen/cli";
import { preset } from "@graphql-codegen/client-preset";
import type { Types } from "@graphql-codegen/plugin-helpers";
import {
  type ASTNode, type DocumentNode, type FieldNode, Kind, print, type SelectionNode, type SelectionSetNode, visit,
} from "graphql";

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

// Makes of each document the text that clients send, so that its hash is one, whether it goes alone or with the text.
// Clients add `__typename` themselves where it is missing, and print the space between definitions each in their own
// way: here it is never missing, and the fields of fragments stand where they are spread, so that there is but one
// definition.
const asSent: Types.DocumentTransformObject = {
  transform({ documents }) {
    const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
    const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);

    // Fragments are on the very type that they are spread in. Elsewhere select by `... on`.
    const spread = (node: SelectionNode): readonly SelectionNode[] => {
      if (node.kind !== Kind.FRAGMENT_SPREAD || node.directives?.length) return [node];
      const fragment = fragments.find(({ name }) => name.value === node.name.value);
      return fragment?.selectionSet.selections.flatMap(spread) ?? [node];
    };
    const SelectionSet = (set: SelectionSetNode, _key: unknown, parent: unknown) => {
      const selections = set.selections.flatMap(spread);
      const root = (parent as ASTNode).kind === Kind.OPERATION_DEFINITION;
      return { ...set, selections: root ? selections : [typename, ...selections] };
    };
    return documents.map(({ document, ...file }) =>
      document ? { ...file, document: visit(document, { SelectionSet }) } : file,
    );
  },
};

const trusted = new Map<string, string>();
let printed = "";

function hash() {
  const sha256 = createHash("sha256").update(printed).digest("hex");
  trusted.set(sha256, printed);
  return sha256;
}

// The client preset, with the texts as they are sent: its own are sorted and on one line.
const client: typeof preset = {
  ...preset,
  async buildGeneratesSection(options) {
    trusted.clear();
    const files = await preset.buildGeneratesSection(options);
    return files.flatMap((file) => {
      if (file.filename.endsWith("graphql.ts")) return [file];
      const theirs = file.pluginMap["persisted-operations"];
      if (!file.filename.endsWith("persisted-documents.json") || !theirs) return [];
      const plugin: typeof theirs.plugin = async (...args) => {
        await theirs.plugin(...args); // waits until graphql.ts has every document
        return `${JSON.stringify(Object.fromEntries([...trusted].sort()), null, 2)}\n`;
      };
      return [{ ...file, pluginMap: { "persisted-operations": { plugin } } }];
    });
  },
};

const config: CodegenConfig = {
  schema: "../schema.graphql",
  documents: "src/operations/**/*.graphql",
  generates: {
    "src/gql/": {
      preset: client,
      presetConfig: {
        fragmentMasking: false,
        onExecutableDocumentNode: (document: DocumentNode) => void (printed = print(document)),
        persistedDocuments: { hashAlgorithm: hash },
      },
      documentTransforms: [asSent],
      config: {
        scalars: { ID: "string", Decimal: "string", DateTime: "string", CurrencyCode: "string" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
