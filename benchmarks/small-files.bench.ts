// Many small downloads, several at once: ours, each file durable with its name, against curl --parallel and aria2.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { judge } from './lab/bars.ts';
import { type Measured, measureCommand } from './lab/command.ts';
import { MeasuredAgent, type Wish } from './lab/measured-agent.ts';
import { Nginx } from './lab/nginx.ts';
import { assertSameBytes, writeOriginFile } from './lab/origin-file.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { aria2cMany, curlParallel } from './lab/rivals.ts';
import { ratiosTo } from './lab/statistics.ts';

const atOnce = 8;
const sizeKiB = 100;

await ask('small-files', ['nginx', 'curl', 'aria2c'], async lab => {
  const count = lab.isQuick ? 100 : 1_000;
  const origin = lab.use(await Nginx.start({ folder: lab.folder }));
  const names = Array.from({ length: count }, (_, index) => `small-${index}`);
  for (const name of names) writeOriginFile(path.join(origin.files, name), sizeKiB * 1024);
  const agent = lab.use(await MeasuredAgent.start(lab.folder));
  const list = path.join(lab.folder, 'list');
  const source = origin.files;

  const subject = (work: (wishes: readonly Wish[]) => Promise<Measured>): Subject => {
    return async () => {
      const targets = path.join(lab.folder, 'targets');
      mkdirSync(targets);
      try {
        const measured = await work(names.map(name => ({ url: origin.url(name), file: path.join(targets, name) })));
        if (readdirSync(targets).length !== count) throw new Error(`there are ${readdirSync(targets).length} files`);
        for (const name of names) assertSameBytes(path.join(origin.files, name), path.join(targets, name));
        return measured;
      } finally {
        rmSync(targets, { recursive: true });
      }
    };
  };
  const { rounds, medians } = await alternate(lab, {
    'floor: the same files by hand, durable': subject(wishes =>
      measureCommand(
        [
          process.execPath,
          path.join(import.meta.dirname, 'lab', 'durable-files.ts'),
          source,
          ...wishes.map(({ file }) => file),
        ],
        lab,
      ),
    ),
    longhaul: subject(wishes => agent.measure(wishes)),
    'curl --parallel': subject(wishes => measureCommand(curlParallel(wishes, list, atOnce), lab)),
    'aria2 -j8': subject(wishes => measureCommand(aria2cMany(wishes, list, origin, atOnce), lab)),
  });
  const [ours, curl] = [medians.longhaul!, medians['curl --parallel']!];
  const milliseconds = (seconds: number) => `${((seconds * 1000) / count).toFixed(2)} ms`;
  return {
    setup: { files: count, sizeKiB, atOnce },
    rounds,
    medians,
    ratios: { 'to curl --parallel': ratiosTo('curl --parallel', medians) },
    bars: [
      judge({
        what: 'wall time with full durability, to curl --parallel',
        unit: '×',
        atMost: 1.5,
        measured: ours.wallSeconds! / curl.wallSeconds!,
        figures:
          `${milliseconds(ours.wallSeconds!)} against ${milliseconds(curl.wallSeconds!)} a file; ` +
          `processor time ${milliseconds(ours.cpuSeconds!)} against ${milliseconds(curl.cpuSeconds!)}`,
      }),
    ],
    notes: [
      'Rivals run 8 at once; ours runs as many as the agent gives one host by its own limit.',
      'The floor copies the same files without any network or record, each made durable the way ours are: data, name, folder.',
      'Ours writes a record, the bytes, the name and the folder to the disk for each file; the rivals leave it to the kernel.',
      'The bar without durability (at most 0.9×) is not measured: the agent has no setting that takes durability away.',
    ],
  };
});
