// A program that has descriptors of its caller, starts the agent and ends. Prints the endpoint on stderr: stdout is a pipe
// whose end the test waits for.
import { ensureAgent } from '../../src/launch/index.ts';

process.stderr.write(`${JSON.stringify(await ensureAgent())}\n`);
