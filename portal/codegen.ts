import { createHash } from "node:crypto";

import type { CodegenConfig } from "@graphql-codegen/cli";
import { preset } from "@graphql-codegen/client-preset";
import type { Types } from "@graphql-codegen/plugin-helpers";
import {
  type ASTNode, type DocumentNode, type FieldNode, Kind, print, type SelectionNode, type SelectionSetNode, visit,
} from "graphql";

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: "__typename" } };

// Normalizes each document to the exact text that clients send, so that its hash is the same for every client.
// Clients add `__typename` where it is missing, and differ in the white space between definitions. So `__typename` is
// selected everywhere, and fragments are inlined, which leaves a single definition.
const normalizeDocuments: Types.DocumentTransformObject = {
  transform({ documents }) {
    const definitions = documents.flatMap(({ document }) => document?.definitions ?? []);
    const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);

    // Requires that a fragment is spread on its own type only. Use `... on` for other types.
    const inlineFragments = (node: SelectionNode): readonly SelectionNode[] => {
      if (node.kind !== Kind.FRAGMENT_SPREAD || node.directives?.length) return [node];
      const fragment = fragments.find(({ name }) => name.value === node.name.value);
      return fragment?.selectionSet.selections.flatMap(inlineFragments) ?? [node];
    };
    const SelectionSet = (set: SelectionSetNode, _key: unknown, parent: unknown) => {
      const selections = set.selections.flatMap(inlineFragments);
      const isRoot = (parent as ASTNode).kind === Kind.OPERATION_DEFINITION;
      return { ...set, selections: isRoot ? selections : [typename, ...selections] };
    };
    return documents.map(({ document, ...file }) =>
      document ? { ...file, document: visit(document, { SelectionSet }) } : file,
    );
  },
};

const textByHash = new Map<string, string>();
let documentText = "";

function hashDocument() {
  const sha256 = createHash("sha256").update(documentText).digest("hex");
  textByHash.set(sha256, documentText);
  return sha256;
}

// The client preset, except that persisted-documents.json contains the texts as they are sent. The preset's own texts
// are sorted and on one line.
const clientPreset: typeof preset = {
  ...preset,
  async buildGeneratesSection(options) {
    textByHash.clear();
    const files = await preset.buildGeneratesSection(options);
    return files.flatMap((file) => {
      if (file.filename.endsWith("graphql.ts")) return [file];
      const original = file.pluginMap["persisted-operations"];
      if (!file.filename.endsWith("persisted-documents.json") || !original) return [];
      const plugin: typeof original.plugin = async (...args) => {
        await original.plugin(...args); // resolves once every document is hashed
        return `${JSON.stringify(Object.fromEntries([...textByHash].sort()), null, 2)}\n`;
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
      preset: clientPreset,
      presetConfig: {
        fragmentMasking: false,
        onExecutableDocumentNode: (document: DocumentNode) => void (documentText = print(document)),
        persistedDocuments: { hashAlgorithm: hashDocument },
      },
      documentTransforms: [normalizeDocuments],
      config: {
        scalars: { ID: "string", Decimal: "string", DateTime: "string", CurrencyCode: "string", Date: "string" },
        strictScalars: true,
        useTypeImports: true,
      },
    },
  },
};

export default config;
