// One large download from nginx to a file, over HTTP and HTTPS: processor time, wall time and memory against curl, aria2 and
// wget, with the floors of network and disk in the same run.
import { rmSync } from 'node:fs';
import path from 'node:path';
import { judge } from './lab/bars.ts';
import { type Measured, measureCommand, run } from './lab/command.ts';
import { MeasuredAgent } from './lab/measured-agent.ts';
import { Nginx } from './lab/nginx.ts';
import { writeOriginFile } from './lab/origin-file.ts';
import { alternate, ask, type Lab, type Subject } from './lab/question.ts';
import { aria2c, curl, wget } from './lab/rivals.ts';
import { ratiosTo } from './lab/statistics.ts';

/** Runs in a row, of which the cheapest counts. */
const tries = 5;

await ask('download', ['nginx', 'curl', 'aria2c', 'wget', 'openssl'], async lab => {
  const sizeMiB = lab.isQuick ? 64 : 512;
  const origin = lab.use(await Nginx.start({ folder: lab.folder }));
  const source = path.join(origin.files, 'large');
  writeOriginFile(source, sizeMiB * 1024 * 1024);
  const agent = lab.use(await MeasuredAgent.start(lab.folder, 'home', origin.authority));

  const { rounds, medians } = await alternate(lab, {
    ...subjectsOver('http', lab, origin, agent),
    ...subjectsOver('https', lab, origin, agent),
    'http floor: cp': command(lab, source, target => ['cp', source, target]),
    'http floor: cp + fdatasync': command(lab, source, target => synced(target, ['cp', source, target])),
    'http: curl + fdatasync': command(lab, source, target => {
      return synced(target, curl({ url: origin.url('large'), file: target }, origin));
    }),
  });
  const ofScheme = (scheme: string) =>
    Object.fromEntries(Object.entries(medians).filter(([name]) => isOver(name, scheme)));
  const [http, https] = [ratiosTo('http: curl', ofScheme('http')), ratiosTo('https: curl', ofScheme('https'))];
  const seconds = (subject: string, figure: string) => {
    const perGiB = (medians[subject]![figure]! * 1024) / sizeMiB;
    return `${perGiB.toFixed(2)} s`;
  };
  const aria2 =
    medians['http: aria2 -x1']!.wallSeconds! < medians['http: aria2 -x4']!.wallSeconds!
      ? 'http: aria2 -x1'
      : 'http: aria2 -x4';
  const against = (what: string, subject: string, base: string, figure: 'cpuSeconds' | 'wallSeconds', atMost: number) =>
    judge({
      what,
      unit: '×',
      atMost,
      measured: medians[subject]![figure]! / medians[base]![figure]!,
      figures: `${seconds(subject, figure)} against ${seconds(base, figure)} a GiB`,
    });
  return {
    setup: { sizeMiB, sendfile: true, pageCache: 'warm', certificate: 'ECDSA P-256' },
    rounds,
    medians,
    ratios: { 'to curl over HTTP': http, 'to curl over HTTPS': https },
    bars: [
      against('processor time over HTTP, to curl', 'http: longhaul', 'http: curl', 'cpuSeconds', 0.45),
      against('processor time over HTTPS, to curl', 'https: longhaul', 'https: curl', 'cpuSeconds', 0.7),
      against('wall time over HTTP, to curl', 'http: longhaul', 'http: curl', 'wallSeconds', 0.5),
      against(
        'wall time over HTTP, to curl + fdatasync',
        'http: longhaul',
        'http: curl + fdatasync',
        'wallSeconds',
        0.5,
      ),
      against('wall time over HTTP, to the faster aria2', 'http: longhaul', aria2, 'wallSeconds', 0.35),
    ],
    notes: [
      'Ours is the running agent through the SDK: processor time of agent and keeper, wall time from create to completed.',
      'Ours is on the disk when it is completed (fdatasync of all bytes); the rivals leave it to the kernel. The rows with fdatasync say what that costs here.',
      'Processor time of ours is counted in ticks of 10 ms.',
      'Of five runs in a row the cheapest counts, of everybody: memory pages that the host of a virtual machine must find first cost ten times the write.',
      'Half a GiB, because with a whole one hardly any run met pages that were there; all seconds are told for a GiB.',
    ],
  };
});

function isOver(name: string, scheme: string): boolean {
  return name.startsWith(`${scheme}:`) || name.startsWith(`${scheme} floor`);
}

function subjectsOver(
  scheme: 'http' | 'https',
  lab: Lab,
  origin: Nginx,
  agent: MeasuredAgent,
): Record<string, Subject> {
  const source = path.join(origin.files, 'large');
  const url = origin.url('large', { scheme });
  const rival = (words: (wish: { url: string; file: string }) => string[]) =>
    command(lab, source, file => words({ url, file }));
  return {
    [`${scheme}: longhaul`]: kept(lab, source, async file => await agent.measure([{ url, file }])),
    [`${scheme}: curl`]: rival(wish => curl(wish, origin)),
    [`${scheme}: aria2 -x1`]: rival(wish => aria2c(wish, origin, 1)),
    [`${scheme}: aria2 -x4`]: rival(wish => aria2c(wish, origin, 4)),
    [`${scheme}: wget`]: rival(wish => wget(wish, origin)),
    [`${scheme} floor: curl to /dev/null`]: () => measureCommand(curl({ url, file: '/dev/null' }, origin), lab),
  };
}

function command(lab: Lab, source: string, words: (target: string) => string[]): Subject {
  return kept(lab, source, target => measureCommand(words(target), lab));
}

/**
 * A new target each time; what is in it is compared with the source. The cheapest of several runs in a row counts: a page
 * of memory that the machine's host has to find first costs ten times what writing it does, and only pages that the same
 * work has just given back are there, mostly.
 */
function kept(lab: Lab, source: string, work: (target: string) => ReturnType<Subject>): Subject {
  return async () => {
    const target = path.join(lab.folder, 'target');
    const runs: Measured[] = [];
    try {
      for (let turn = 1; turn <= tries; turn += 1) {
        runs.push(await work(target));
        if (turn === tries) await run(['cmp', source, target], lab);
        rmSync(target);
      }
      return runs.reduce((best, each) => (each.cpuSeconds < best.cpuSeconds ? each : best));
    } finally {
      rmSync(target, { force: true });
    }
  };
}

/** The command, then its file forced to the disk. */
function synced(target: string, words: readonly string[]): string[] {
  return [...['sh', '-c', '"$@" && sync --data "$0"', target], ...words];
}
