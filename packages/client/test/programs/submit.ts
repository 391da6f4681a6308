// An app that hands a download over and ends: prints its id.
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

const [url, file] = process.argv.slice(2);
await using agent = await connectAgent({ app: 'com.example.submit' });
const download = await new BackgroundDownloader(agent).createDownload(url!, file!, { start: true });
console.log(download.id);
