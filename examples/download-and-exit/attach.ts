// The same app in a later run: finds what it handed over, waits for it, and takes it off the list.
import path from 'node:path';
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

await using agent = await connectAgent({ app: 'com.example.download-and-exit' });
for (const download of await BackgroundDownloader.currentDownloads(agent)) {
  const name = path.basename(download.file);
  console.log(`found ${name} from an earlier run: ${download.status}, ${download.progress.bytesReceived} bytes`);
  const record = await download.attach();
  console.log(`${name} is there: ${record.bytesReceived} bytes in ${record.file}`);
  await download.remove();
}
