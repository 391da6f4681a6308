// An app that forgets everything: disposes nothing, awaits nothing but that its download is created.
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

const [url, file] = process.argv.slice(2);
const agent = await connectAgent({ app: 'com.example.forget' });
await new BackgroundDownloader(agent).createDownload(url!, file!);
console.log('end of the program');
