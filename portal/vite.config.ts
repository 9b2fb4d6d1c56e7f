import { transformAsync } from "@babel/core";
import macros from "@lingui/babel-plugin-lingui-macro";
import { lingui } from "@lingui/vite-plugin";
import { defineConfig, type Plugin } from "vite";

/** Replaces the macros of Lingui (`t`, `<Trans>`) by the ids of their messages. Everything else is left to Vite. */
const linguiMacros: Plugin = {
  name: "lingui-macros",
  enforce: "pre",
  async transform(code, id) {
    const filename = id.split("?")[0] ?? id;
    if (!/\.tsx?$/.test(filename) || !code.includes("@lingui/")) return null;
    const result = await transformAsync(code, {
      filename,
      babelrc: false,
      configFile: false,
      parserOpts: { plugins: ["typescript", ...(filename.endsWith("x") ? ["jsx" as const] : [])] },
      plugins: [macros],
    });
    return result?.code ? { code: result.code, map: null } : null;
  },
};

/**
 * Lets the browser load the code of a page along with its entry. The entry imports it only after the words of the language,
 * which are loaded at the same time.
 */
const preloadedPages: Plugin = {
  name: "preloaded-pages",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle, chunk }) {
      const page = chunk?.dynamicImports.find((name) => /\/(portal|page)-[^/]*\.js$/.test(name));
      const code = page ? bundle?.[page] : undefined;
      if (code?.type !== "chunk") return html;
      const files = [code.fileName, ...code.imports].filter((file) => !html.includes(file));
      return files.map((file) => ({
        tag: "link",
        attrs: { rel: "modulepreload", crossorigin: true, href: `/${file}` },
        injectTo: "head",
      }));
    },
  },
};

export default defineConfig({
  plugins: [linguiMacros, lingui({ failOnMissing: true, failOnCompileError: true }), preloadedPages],
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
