// A lengthy job on the server drives a progress bar in every client. The job is started by a plain HTTP POST to /jobs; the
// hub only tells: initProgressBar, updateProgressBar, clearProgressBar.
import { pbkdf2, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { createHubServer, defineHub } from '@longhaul/hubs';
import { isFromElsewhere, listen, serveFolder } from '../shared/serve.ts';

export interface Job {
  readonly id: string;
  readonly title: string;
  readonly steps: number;
}

interface ProgressClient {
  initProgressBar(job: Job): void;
  updateProgressBar(id: string, step: number): void;
  clearProgressBar(id: string, seconds: number): void;
}

const running = new Map<Job, number>();

export const progress = defineHub<ProgressClient>()({
  name: 'Progress',
  methods: {},
  // Who comes late sees what is under way.
  async onConnected(call) {
    for (const [job, step] of running) {
      await call.clients.caller.initProgressBar(job);
      await call.clients.caller.updateProgressBar(job.id, step);
    }
  },
});

const files = ['index.html', 'progress.js', 'progress.css'];
const server = serveFolder(`${import.meta.dirname}/page`, files, (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here');
  if (pathname !== '/jobs' || request.method !== 'POST') return void response.writeHead(404).end();
  if (isFromElsewhere(request)) return void response.writeHead(403).end();
  if (running.size >= 5) return void response.writeHead(429).end('Five jobs are running; wait for one of them.\n');
  const steps = Math.min(Math.max(Number(searchParams.get('steps') ?? 100) || 100, 1), 1_000);
  const job: Job = { id: randomUUID().slice(0, 8), title: 'Deriving keys', steps };
  void work(job);
  response.writeHead(202, { 'Content-Type': 'application/json' }).end(JSON.stringify(job));
});

const hubs = createHubServer(server);
hubs.map('/progress', progress);
const { clients } = hubs.context(progress);

const deriveKey = promisify(pbkdf2);

async function work(job: Job): Promise<void> {
  const started = performance.now();
  running.set(job, 0);
  await clients.all.initProgressBar(job);
  let key = Buffer.from(job.id);
  for (let step = 1; step <= job.steps; step += 1) {
    key = await deriveKey(key, 'longhaul', 100_000, 32, 'sha256');
    running.set(job, step);
    await clients.all.updateProgressBar(job.id, step);
  }
  running.delete(job);
  await clients.all.clearProgressBar(job.id, (performance.now() - started) / 1_000);
}

console.log(`The page is at ${await listen(server)}`);
