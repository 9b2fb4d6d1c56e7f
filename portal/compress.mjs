// Stores each built file in compressed form as well, so that the server never compresses them itself. Files that would not
// become smaller are left as they are.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const folder = fileURLToPath(new URL("dist/", import.meta.url));

async function compress(path) {
  const content = await readFile(path);
  const encodings = [
    ["br", promisify(brotliCompress)(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } })],
    ["gz", promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION })],
  ];
  for (const [extension, compressed] of encodings) {
    const bytes = await compressed;
    if (bytes.length < content.length) await writeFile(`${path}.${extension}`, bytes);
  }
}

const entries = await readdir(folder, { recursive: true, withFileTypes: true });
const files = entries.filter((entry) => entry.isFile() && !/\.(br|gz)$/.test(entry.name));
await Promise.all(files.map((entry) => compress(join(entry.parentPath, entry.name))));
