// The rivals' command lines, each with the settings in which it does best here, and none of the user's own settings.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Wish } from './measured-agent.ts';

export interface RivalOptions {
  /** PEM file of the authority to trust. */
  readonly authority: string;
}

export const curl = (wish: Wish, { authority }: RivalOptions): string[] => [
  ...['curl', '-q', '--silent', '--show-error', '--fail', '--cacert', authority],
  ...['--output', wish.file, wish.url],
];

/** falloc: its default writes every byte of a new file twice. */
const aria2 = (authority: string): string[] => [
  ...['aria2c', '--no-conf', '--quiet', '--file-allocation=falloc', '--allow-overwrite=true'],
  `--ca-certificate=${authority}`,
];

export const aria2c = (wish: Wish, { authority }: RivalOptions, connections: 1 | 4): string[] => [
  ...aria2(authority),
  ...['-x', String(connections), '-s', String(connections), '-k', '1M'],
  ...['-d', path.dirname(wish.file), '-o', path.basename(wish.file), wish.url],
];

export const wget = (wish: Wish, { authority }: RivalOptions): string[] => [
  ...['wget', '--no-config', '--no-hsts', '--quiet', `--ca-certificate=${authority}`],
  ...['-O', wish.file, wish.url],
];

/** `list` is a file to write the wishes into. */
export function curlParallel(wishes: readonly Wish[], list: string, atOnce: number): string[] {
  writeFileSync(list, wishes.map(({ url, file }) => `url="${url}"\noutput="${file}"\n`).join(''));
  const parallel = ['--parallel', '--parallel-max', String(atOnce)];
  return ['curl', '-q', '--silent', '--show-error', '--fail', ...parallel, '--config', list];
}

export function aria2cMany(wishes: readonly Wish[], list: string, options: RivalOptions, atOnce: number): string[] {
  const lines = wishes.map(({ url, file }) => `${url}\n dir=${path.dirname(file)}\n out=${path.basename(file)}\n`);
  writeFileSync(list, lines.join(''));
  return [...aria2(options.authority), '-j', String(atOnce), '-x', '1', '-i', list];
}
