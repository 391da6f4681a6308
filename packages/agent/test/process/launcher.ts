// A program that uses the agent, as a process of its own: `ensure`, `find` or `run`; prints one JSON line.
import { LonghaulError } from '@longhaul/agent-protocol';
import { ensureAgent, findAgent, runKeeperInForeground } from '../../src/launch/index.ts';

const verb = process.argv[2];
const print = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
try {
  if (verb === 'ensure') print(await ensureAgent());
  else if (verb === 'find') print((await findAgent()) ?? null);
  else if (verb === 'run') await runKeeperInForeground({ onServing: endpoint => print(endpoint) });
  else throw new TypeError(`unknown verb ${verb}`);
} catch (error) {
  print(
    error instanceof LonghaulError
      ? { code: error.code, message: error.message }
      : { code: null, message: String(error) },
  );
  process.exitCode = 1;
}
