// The console client: the same three calls, drawn in a terminal. `node console.ts URL [--start] [--once]`: --start posts a
// job of its own first, --once ends with the first job that ends.
import { typedConnection } from '@longhaul/hubs/typed-connection';
import { HubConnectionBuilder, LogLevel } from '@microsoft/signalr';
import type { Job, progress } from './server.ts';

const url = process.argv[2] ?? 'http://127.0.0.1:3000';
const connection = new HubConnectionBuilder()
  .withUrl(`${url}/progress`)
  .withAutomaticReconnect()
  .configureLogging(LogLevel.Error)
  .build();
const hub = typedConnection<typeof progress>(connection);
const jobs = new Map<string, Job>();
const width = 30;

/** In place on a terminal, a line for each tenth elsewhere. */
function draw({ id, title, steps }: Job, step: number): void {
  const done = Math.round((step / steps) * width);
  const percent = Math.floor((step / steps) * 100);
  const line = `${title} ${id} ${'█'.repeat(done)}${'░'.repeat(width - done)} ${String(percent).padStart(3)} %`;
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${line}`);
  else if (percent % 10 === 0) console.log(line);
}

hub.on.initProgressBar(job => {
  jobs.set(job.id, job);
  draw(job, 0);
});

hub.on.updateProgressBar((id, step) => {
  const job = jobs.get(id);
  if (job !== undefined) draw(job, step);
});

hub.on.clearProgressBar((id, seconds) => {
  const title = jobs.get(id)?.title ?? 'A job';
  jobs.delete(id);
  console.log(`${process.stdout.isTTY ? '\r\x1b[2K' : ''}${title} ${id} is done after ${seconds.toFixed(1)} s`);
  if (process.argv.includes('--once')) void connection.stop();
});

await connection.start();
if (process.argv.includes('--start')) {
  const answer = await fetch(`${url}/jobs`, { method: 'POST' });
  if (!answer.ok) throw new Error(`The server did not take the job: ${answer.status} ${await answer.text()}`);
}
