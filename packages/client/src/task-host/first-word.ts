// ACTS. The first word of the agent to a host: whose it is. A host that nobody needs yet is the spare one (decision 177): it loads
// what its first task will want, and waits outside the event loop, where it costs nothing but its memory.
import type { Descriptor } from '@longhaul/agent/kernel';
import type { FromTaskHost, ToNewHost } from '@longhaul/agent-protocol';

// Not by `import`, as in printing.ts.
const { readSync, writeSync } = process.getBuiltinModule('node:fs');
/** A path of the longest kind, each character escaped, fits. */
const maxBytes = 65_536;

/** `undefined`: it is not needed any more. */
export async function firstWord(channel: Descriptor): Promise<ToNewHost | undefined> {
  const word = take(channel) ?? (await wait(channel));
  return word === 'end' ? undefined : word;
}

async function wait(channel: Descriptor): Promise<ToNewHost | 'end' | undefined> {
  await import('../index.ts');
  const waiting: FromTaskHost = { type: 'waiting' };
  writeSync(channel.number, JSON.stringify(waiting));
  channel.isNonBlocking = false;
  const word = take(channel);
  channel.isNonBlocking = true;
  return word;
}

/** One message. `undefined` while there is none. */
function take(channel: Descriptor): ToNewHost | 'end' | undefined {
  const bytes = Buffer.allocUnsafe(maxBytes);
  for (;;) {
    try {
      return parse(bytes.subarray(0, readSync(channel.number, bytes)).toString());
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return undefined;
      if (code !== 'EINTR') throw error;
    }
  }
}

/** There is nothing else that an agent says first. */
function parse(text: string): ToNewHost | 'end' {
  if (text === '') return 'end';
  const word = JSON.parse(text) as Partial<Record<string, unknown>>;
  if (word.type === 'serve' && typeof word.folder === 'string') return { type: 'serve', folder: word.folder };
  throw new Error(`this is no first word to a host: ${text}`);
}
