// An app that starts a download, awaits nothing of it, and disposes its connection.
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

const [url, file] = process.argv.slice(2);
const agent = await connectAgent({ app: 'com.example.detach' });
const download = await new BackgroundDownloader(agent).createDownload(url!, file!);
void download.start();
await agent[Symbol.asyncDispose]();
console.log(download.id);
