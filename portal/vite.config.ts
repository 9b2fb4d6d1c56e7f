import { defineConfig } from "vite";

export default defineConfig({
  build: {
    rolldownOptions: {
      // The server maps URLs to these two pages.
      input: { portal: "index.html", graphiql: "graphiql/index.html" },
      // Libraries have "use client" directives, which have no effect without server components.
      checks: { moduleLevelDirective: false },
    },
    // Monaco, the editor of GraphiQL, is one large chunk, which is loaded only after the sign-in.
    chunkSizeWarningLimit: 4000,
    // The licenses of the bundled packages require their notices to be distributed with them.
    license: { fileName: "licenses.md" },
  },
});
