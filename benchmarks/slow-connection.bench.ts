// A server that limits each connection to 25 MiB/s: do several connections pay, and does ours know it?
import { rmSync } from 'node:fs';
import path from 'node:path';
import { judge } from './lab/bars.ts';
import { type Measured, measureCommand, run } from './lab/command.ts';
import { MeasuredAgent, type Wish } from './lab/measured-agent.ts';
import { Nginx } from './lab/nginx.ts';
import { writeOriginFile } from './lab/origin-file.ts';
import { alternate, ask, type Subject } from './lab/question.ts';
import { aria2c, curl } from './lab/rivals.ts';
import { ratiosTo } from './lab/statistics.ts';

const limitMiB = 25;

await ask('slow-connection', ['nginx', 'curl', 'aria2c'], async lab => {
  const sizeMiB = lab.isQuick ? 64 : 100;
  const origin = lab.use(await Nginx.start({ folder: lab.folder, slowBytesPerSecond: limitMiB * 1024 * 1024 }));
  const source = path.join(origin.files, 'file');
  writeOriginFile(source, sizeMiB * 1024 * 1024);
  const agent = lab.use(await MeasuredAgent.start(lab.folder));

  const subject = (work: (wish: Wish) => Promise<Measured>): Subject => {
    return async () => {
      const file = path.join(lab.folder, 'target');
      try {
        const measured = await work({ url: origin.url('file', { isSlow: true }), file });
        await run(['cmp', source, file], lab);
        return measured;
      } finally {
        rmSync(file, { force: true });
      }
    };
  };
  const { rounds, medians } = await alternate(lab, {
    longhaul: subject(wish => agent.measure([wish])),
    curl: subject(wish => measureCommand(curl(wish, origin), lab)),
    'aria2 -x1': subject(wish => measureCommand(aria2c(wish, origin, 1), lab)),
    'aria2 -x4': subject(wish => measureCommand(aria2c(wish, origin, 4), lab)),
  });
  const [ours, aria2] = [medians.longhaul!.wallSeconds!, medians['aria2 -x4']!.wallSeconds!];
  return {
    setup: { sizeMiB, limitMiBPerSecondAndConnection: limitMiB },
    rounds,
    medians,
    ratios: { 'to aria2 -x4': ratiosTo('aria2 -x4', medians) },
    bars: [
      judge({
        what: 'wall time, to aria2 -x4',
        unit: '×',
        atMost: 1,
        measured: ours / aria2,
        figures: `${ours.toFixed(2)} s against ${aria2.toFixed(2)} s; curl ${medians.curl!.wallSeconds!.toFixed(2)} s`,
      }),
    ],
    notes: ['Ours is on the disk when it is completed (fdatasync of all bytes); the rivals leave it to the kernel.'],
  };
});
