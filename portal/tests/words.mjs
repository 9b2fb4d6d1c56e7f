// Checks that the catalogs have exactly the messages of the code, each with a translation:
//   npm run words:check
// `npm run words` adds new messages and removes obsolete ones; then translate those that are empty.

import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../", import.meta.url));
const catalogs = ["en", "de"].map((language) => `${folder}src/locales/${language}.po`);
const read = () => Promise.all(catalogs.map((path) => readFile(path, "utf8")));

const before = await read();
const { status, stderr } = spawnSync("node_modules/.bin/lingui", ["extract", "--clean"], { cwd: folder, encoding: "utf8" });
const after = await read();
await Promise.all(catalogs.map((path, index) => writeFile(path, before[index])));
if (status !== 0) throw new Error(stderr);

/** The entries of a catalog, without its header. */
const entriesOf = (text) => text.split("\n\n").filter((entry) => /^msgid /m.test(entry) && !/^msgid ""\nmsgstr ""\n"POT/m.test(entry));
const problems = catalogs.flatMap((path, index) => [
  ...(before[index] === after[index] ? [] : [`${path} is not that of the code: run \`npm run words\` in portal/`]),
  ...entriesOf(after[index])
    .filter((entry) => /^msgstr ""(?!\n")/m.test(entry))
    .map((entry) => `${path}: no translation of ${/^msgid (.*)$/m.exec(entry)?.[1]}`),
]);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
