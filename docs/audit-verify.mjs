// Verifies a downloaded audit.jsonl without the program: node audit-verify.mjs audit.jsonl [number:hash of a known seal]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const [path, known] = process.argv.slice(2);
const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");
// RFC 8785: members sorted by name, no blanks. JSON.stringify writes strings, null and lists as the RFC says.
const sorted = (_, value) =>
  value && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value;
const findings = [];
let [entries, number, previous, hashes, head] = [0, 0, "0".repeat(64), [], false];

for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
  const { entry, hash, seal } = JSON.parse(line);
  if (entry) {
    entries += 1;
    hashes.push(hash);
    if (sha256(JSON.stringify(entry, sorted)) !== hash) findings.push(`entry ${entry.id} was changed`);
    continue;
  }
  if (seal.number !== number + 1) findings.push(`seal ${number + 1} is missing`);
  if (seal.previousHash !== previous) findings.push(`seal ${seal.number} does not continue seal ${number}`);
  const position = Buffer.alloc(8);
  position.writeBigInt64BE(BigInt(seal.number));
  const content = [Buffer.from(seal.previousHash, "hex"), position, seal.sealedAt, Buffer.from(hashes.join(""), "hex")];
  if (hashes.length !== seal.entries || sha256(...content) !== seal.hash) {
    findings.push(`seal ${seal.number} or one of its entries was changed`);
  }
  head ||= known && known.startsWith(`${seal.number}:`) && `${seal.number}:${seal.hash}`.startsWith(known);
  [number, previous, hashes] = [seal.number, seal.hash, []];
}

if (known && !head) findings.push(`the known seal ${known} is not in the file`);
console.log(findings.length ? findings.join("\n") : `intact; entries: ${entries}; head ${number}:${previous}`);
process.exitCode = findings.length ? 1 : 0;
