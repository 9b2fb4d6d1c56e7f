import { defineConfig } from "vite";

export default defineConfig({
  build: {
    rolldownOptions: {
      // One page for each folder with an index.html; the server decides which addresses they have.
      input: { portal: "index.html", graphiql: "graphiql/index.html" },
      // "use client" of libraries means nothing here: there is no other side.
      checks: { moduleLevelDirective: false },
    },
    // Monaco, the editor within GraphiQL, is one large chunk, loaded after signing in only.
    chunkSizeWarningLimit: 4000,
    // The licences of what is bundled ask for their notices to go along.
    license: { fileName: "licenses.md" },
  },
});
