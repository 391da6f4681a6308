// The same app in a later session: waits for everything that was handed over, and prints the records.
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

await using agent = await connectAgent({ app: 'com.example.submit' });
for (const download of await BackgroundDownloader.currentDownloads(agent)) {
  console.log(JSON.stringify(await download.attach()));
}
