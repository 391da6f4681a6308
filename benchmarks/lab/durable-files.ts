// The floor of durable small files: `node durable-files.ts SOURCES FILE…` copies SOURCES/<name> to each FILE with nothing
// but the calls that durability needs: data synced under another name, then the name, then the folder; four at a time.
import { link, open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';

const atOnce = 4;
const [sources = '', ...files] = process.argv.slice(2);
const folder = await open(path.dirname(files[0] ?? ''), 'r');

async function copy(file: string): Promise<void> {
  const bytes = await readFile(path.join(sources, path.basename(file)));
  const part = `${file}.part`;
  const handle = await open(part, 'wx');
  await handle.write(bytes);
  await handle.datasync();
  await handle.close();
  await link(part, file);
  await unlink(part);
  await folder.sync();
}

const waiting = files.values();
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (const file of waiting) await copy(file);
  }),
);
await folder.close();
