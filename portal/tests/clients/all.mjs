// Checks what is generated and its types, then runs every client against a server, one after the other:
//   node tests/clients/all.mjs <origin> <admin's token> <partner user's token> <billing service's token>

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const portal = fileURLToPath(new URL("../..", import.meta.url));
const bin = (name) => `node_modules/.bin/${name}`;

const runs = [
  ["what is generated is fresh", bin("graphql-codegen"), "--check", "--silent"],
  ["types", bin("tsc"), "--project", "tests/clients"],
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
