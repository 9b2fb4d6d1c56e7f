import { defineConfig } from "@lingui/cli";

export default defineConfig({
  sourceLocale: "en",
  locales: ["en", "de"],
  catalogs: [{ path: "src/locales/{locale}", include: ["src"], exclude: ["src/gql/**"] }],
  format: "po",
  formatOptions: { lineNumbers: false, origins: false },
  orderBy: "message",
});
