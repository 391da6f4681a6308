// The saved streams of the fuzzers: one a line, `kind outcome hex`. A stream that told something new is added by hand.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SavedStream {
  readonly outcome: string;
  readonly stream: Buffer;
}

export function corpus(kind: 'plain' | 'deflate'): SavedStream[] {
  const lines = readFileSync(join(import.meta.dirname, 'corpus', 'streams.txt'), 'utf8').split('\n');
  return lines.flatMap(line => {
    const [found, outcome = '', hex = ''] = line.split(' ');
    return found === kind ? [{ outcome: outcome.replaceAll('_', ' '), stream: Buffer.from(hex, 'hex') }] : [];
  });
}
