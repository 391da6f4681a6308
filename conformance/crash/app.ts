// The app of the crash test: drives every file of its plan to the wanted end, however often it is killed in between.
// usage: app.ts PLAN.json JOURNAL. Each line of the journal was written after the agent had acknowledged that.
import { appendFileSync, readFileSync } from 'node:fs';
import { BackgroundDownloader, connectAgent, type DownloadOperation } from '@longhaul/client';

export interface PlannedFile {
  readonly url: string;
  readonly file: string;
  /** How it shall end; `removed` completes first, `canceled` is canceled while it runs, `error` is not there. */
  readonly wanted: 'completed' | 'removed' | 'canceled' | 'error';
  /** Pause and resume it once on the way. */
  readonly isPaused: boolean;
}

const [planFile, journalFile] = process.argv.slice(2) as [string, string];
const plan: PlannedFile[] = JSON.parse(readFileSync(planFile, 'utf8'));
const journal = (what: string, file: PlannedFile, id: string) =>
  appendFileSync(journalFile, `${JSON.stringify({ what, file: file.file, id })}\n`);

await using agent = await connectAgent({ app: 'com.example.crash' });
const downloader = new BackgroundDownloader(agent);

/** True once this round or an earlier one has journaled it. */
function wasAcked(what: string, file: PlannedFile): boolean {
  return readFileSync(journalFile, 'utf8')
    .split('\n')
    .some(line => line !== '' && (({ what: w, file: f }) => w === what && f === file.file)(JSON.parse(line)));
}

async function findOrCreate(file: PlannedFile): Promise<DownloadOperation> {
  const known = (await BackgroundDownloader.currentDownloads(agent)).find(each => each.record.file === file.file);
  const download = known ?? (await downloader.createDownload(file.url, file.file));
  if (!wasAcked('created', file)) journal('created', file, download.id);
  return download;
}

/** For a verb that may come too late: the transfer has ended meanwhile. */
const unlessEnded = (error: { code?: string }) => {
  if (error.code !== 'illegal-state') throw error;
  return null;
};

async function pauseOnce(file: PlannedFile, download: DownloadOperation): Promise<void> {
  if (!wasAcked('paused', file) && download.record.status === 'running') {
    if (await download.pause().catch(unlessEnded)) journal('paused', file, download.id);
  }
  if (download.record.status === 'paused-by-application') {
    await download.resume();
    journal('resumed', file, download.id);
  }
}

async function drive(file: PlannedFile): Promise<void> {
  if (wasAcked('removed', file)) return;
  const download = await findOrCreate(file);
  let isRunning = () => {};
  const running = new Promise<void>(resolve => {
    isRunning = resolve;
  });
  const onProgress = (record: { bytesReceived: number }) => record.bytesReceived > 0 && isRunning();
  const ended = download.record.isStarted ? download.attach({ onProgress }) : download.start({ onProgress });
  const settled = ended.then(
    record => record.status,
    error => {
      if (error.code === 'operation-canceled') return 'canceled';
      if (error.code === 'web-error') return 'error';
      throw error;
    },
  );
  await Promise.race([running, settled]);
  if (file.isPaused) await pauseOnce(file, download);
  if (file.wanted === 'canceled') await download.cancel().catch(unlessEnded);
  const status = await settled;
  journal(status, file, download.id);
  if (file.wanted === 'removed') {
    await download.remove();
    journal('removed', file, download.id);
  }
}

await Promise.all(plan.map(drive));
