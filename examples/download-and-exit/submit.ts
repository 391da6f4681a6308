// An app that hands downloads over and exits: `submit.ts URL FILE [URL FILE]…`. Nothing of it runs while they arrive.
import path from 'node:path';
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

const args = process.argv.slice(2);
if (args.length === 0 || args.length % 2 !== 0) {
  console.error('usage: submit.ts URL FILE [URL FILE]…');
  process.exit(2);
}

await using agent = await connectAgent({ app: 'com.example.download-and-exit' });
const downloader = new BackgroundDownloader(agent);
for (let index = 0; index < args.length; index += 2) {
  // When this promise resolves the download is durable, and has been started.
  const download = await downloader.createDownload(args[index]!, args[index + 1]!, { start: true });
  console.log(`handed over ${path.basename(download.file)} as ${download.id}`);
}
