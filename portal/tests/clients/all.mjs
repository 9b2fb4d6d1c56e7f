// Checks the generated code and the types, then runs the tests of every client against a server:
//   node tests/clients/all.mjs <origin> <admin token> <partner user token> <billing service token>

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const portal = fileURLToPath(new URL("../..", import.meta.url));
const bin = (name) => `node_modules/.bin/${name}`;

const runs = [
  ["generated code is up to date", bin("graphql-codegen"), "--check", "--silent"],
  ["types of the portal", bin("tsc"), "--noEmit"],
  ["types of the tests", bin("tsc"), "--project", "tests"],
  ...["operations", "apollo", "urql", "relay", "curl"].map((client) => [
    client, process.execPath, "--import", "tsx", `tests/clients/${client}.ts`, ...process.argv.slice(2),
  ]),
];

for (const [name, command, ...args] of runs) {
  console.log(`# ${name}`);
  const { status, error } = spawnSync(command, args, { cwd: portal, stdio: "inherit" });
  if (status !== 0) {
    console.error(`not ok ${name}: ${error ?? `exit code ${status}`}`);
    process.exit(1);
  }
}
