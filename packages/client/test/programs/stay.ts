// An app whose only reason to live is a pending start().
import { BackgroundDownloader, connectAgent } from '@longhaul/client';

const [url, file] = process.argv.slice(2);
const agent = await connectAgent({ app: 'com.example.stay' });
const download = await new BackgroundDownloader(agent).createDownload(url!, file!);
download.start().then(record => console.log(record.status));
