// An app where sockets cannot be handed over: says what it is told, and that everything else works. With a second argument this
// process believes to be on another platform.
import { Socket } from 'node:net';

const [url, file, platform] = process.argv.slice(2);
if (platform !== undefined) Object.defineProperty(process, 'platform', { value: platform });
const client = await import('@longhaul/client');
const { BackgroundDownloader, BackgroundTaskBuilder, SocketActivityTrigger, connectAgent } = client;

interface Told {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

async function told(act: () => unknown): Promise<Told | null> {
  try {
    await act();
    return null;
  } catch (error) {
    if (!(error instanceof client.LonghaulError)) throw error;
    return { code: error.code, message: error.message, fix: error.facts.fix };
  }
}

const app = 'com.example.elsewhere';
const entryPoint = './background.mjs#run';
const manifest = { id: app, folder: process.cwd(), tasks: [{ entryPoint, triggers: ['socket-activity' as const] }] };
await using agent = await connectAgent({ app, manifest });
const download = await new BackgroundDownloader(agent).createDownload(url!, file!, { start: true });
const { status } = await download.attach();
const taskId = '00000000-0000-4000-8000-000000000001';
const enabled = await told(() => client.enableTransferOwnership(new Socket(), { taskId }));
const registered = await told(() => {
  const builder = new BackgroundTaskBuilder(agent);
  builder.name = 'task';
  builder.taskEntryPoint = entryPoint;
  builder.setTrigger(new SocketActivityTrigger());
  return builder.register();
});
const sockets = await agent.sockets.list();
console.log(JSON.stringify({ status, enabled, registered, sockets: sockets.length }));
