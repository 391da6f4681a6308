// Entry of a task host, started by the agent and by nobody else: `node main.js PARENT`, with the channel to the agent as
// descriptor 3 and the pipe for logs as descriptor 4. It lives as long as its agent wants it, and never longer than its agent.
import { Descriptor, dieWithParent } from '@longhaul/agent/kernel';
import { firstWord } from './first-word.ts';
import { serve } from './serve.ts';

const parent = Number(process.argv[2]);
if (!Number.isSafeInteger(parent)) {
  process.stderr.write('longhaul: a task host is started by the agent, when there is a task to run\n');
  process.exit(2);
}
dieWithParent(parent);

const channel = Descriptor.own(3);
const word = await firstWord(channel);
if (word !== undefined) serve(channel, word.folder);
else process.exit();
