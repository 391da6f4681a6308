// Entry of the background keeper: closes what was inherited, leaves the caller's control group, runs the keeper, reports.

import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { LonghaulError } from '@longhaul/agent-protocol';
import { removeStaleReports, type StartReport, writeStartReport } from '../launch/start-report.ts';
import { resolvePaths } from '../paths.ts';
import { abandonControlGroup, leaveControlGroup } from '../platform/control-group.ts';
import { closeStandIns } from '../platform/descriptors.ts';
import { runKeeper } from './keeper.ts';

const { values } = parseArgs({
  options: {
    report: { type: 'string' },
    'leave-group': { type: 'boolean', default: false },
    'close-up-to': { type: 'string', default: '2' },
  },
});
closeStandIns(Number(values['close-up-to']));
process.title = 'longhaul-keeper';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
process.on('SIGINT', () => stop.abort());
process.on('SIGHUP', () => {});

const paths = resolvePaths(process.env);
const store = createHash('sha256').update(paths.stateFolder).digest('hex').slice(0, 8);
const departures = values['leave-group'] ? leaveControlGroup(`longhaul-${process.getuid?.()}-${store}`) : [];

let reportFile = values.report;
const report = (message: StartReport) => {
  try {
    if (reportFile !== undefined) writeStartReport(reportFile, message);
  } catch (error) {
    // Whoever waits sees that this process has ended, or finds what it serves.
    console.error(new Date().toISOString(), 'keeper: no report could be written:', error);
  }
  reportFile = undefined;
};

try {
  await runKeeper({
    paths,
    env: process.env,
    signal: stop.signal,
    onServing: () => {
      report({ ok: true });
      removeStaleReports(paths.runtimeFolder, Date.now());
    },
  });
} catch (error) {
  const known = error instanceof LonghaulError ? error : new LonghaulError('internal', String(error), { cause: error });
  if (known.code !== 'agent-already-running') console.error(new Date().toISOString(), 'keeper:', error);
  process.exitCode = 1;
  report({ error: { code: known.code, message: known.message } });
} finally {
  for (const departure of departures) abandonControlGroup(departure);
}
