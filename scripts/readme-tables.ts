// The tables of packages/websockets/README.md that repeat what the code says: options from the JSDoc of their interface and
// the const with their defaults, errors from their table. Each stands between `<!-- table: NAME -->` and `<!-- end -->`.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  clientDefaults,
  compressionDefaults,
  defaults,
  serverDefaults,
  webSocketErrorTable,
} from '@longhaul/websockets';

const root = path.join(import.meta.dirname, '..');
const folder = path.join(root, 'packages/websockets');
const cell = (text: string) => text.replaceAll('|', '\\|');

interface Option {
  readonly name: string;
  readonly about: string;
}

/** The members of an interface with their JSDoc, in one line each. */
function optionsOf(file: string, interfaceName: string): Option[] {
  const source = readFileSync(path.join(folder, 'src', file), 'utf8');
  const body = new RegExp(`export interface ${interfaceName}\\b[^{]*\\{\n([\\s\\S]*?)\n\\}`).exec(source)?.[1];
  if (body === undefined) throw new Error(`No interface ${interfaceName} in ${file}`);
  const options = [...body.matchAll(/\/\*\*([\s\S]*?)\*\/\s*(\w+)\??:/g)].map(([, comment, name]) => ({
    name: name!,
    about: comment!
      .replace(/^\s*\*? ?/gm, '')
      .replaceAll('\n', ' ')
      .trim(),
  }));
  const members = body.match(/^ {2}\w+\??:/gm) ?? [];
  if (members.length !== options.length) throw new Error(`A member of ${interfaceName} in ${file} has no JSDoc`);
  return options;
}

/** `65536` of `maxBytes` as people write it. */
function written(name: string, value: unknown): string {
  if (value === undefined) return 'unset';
  if (typeof value === 'string') return `\`${value}\``;
  if (typeof value !== 'number') return `\`${String(value)}\``;
  if (name.endsWith('Bytes') && value >= 2 ** 20 && value % 2 ** 20 === 0) return `${value / 2 ** 20} MiB`;
  if (name.endsWith('Bytes') && value >= 2 ** 10 && value % 2 ** 10 === 0) return `${value / 2 ** 10} KiB`;
  return value.toLocaleString('en-US');
}

/** The number that a JSDoc claims: `1 MiB`, `120,000`. */
function claimedNumber(claim: string): number | undefined {
  const match = /^(\d[\d,]*)(?: (KiB|MiB))?/.exec(claim);
  if (match === null) return undefined;
  return Number(match[1]!.replaceAll(',', '')) * (match[2] === 'MiB' ? 2 ** 20 : match[2] === 'KiB' ? 2 ** 10 : 1);
}

/** Two columns: the default with its reason, and what is left of the JSDoc. Throws where JSDoc and const do not agree. */
function columns({ name, about }: Option, values: Readonly<Record<string, unknown>>): [value: string, about: string] {
  // Where a rule comes from is for those who read the source.
  const text = about.replace(/ \((?:[\w-]+\.md §\d+|decision \d+|see `\w+`)\)/g, '');
  const sentence = /(?:^| )Default:? ((?:[^.]|\.(?=\S))*)\.?/.exec(text);
  const claim = sentence?.[1] ?? '';
  const hasConst = Object.hasOwn(values, name);
  const number = claimedNumber(claim);
  if (hasConst && number !== undefined && number !== values[name])
    throw new Error(`The JSDoc of ${name} says ${claim}, the default is ${String(values[name])}`);
  if (!hasConst && claim === '' && !/\(default\)/.test(text)) throw new Error(`The JSDoc of ${name} says no default`);
  const reason = /^[^:;,]*(?:\d,\d+)?[^:;,]*[:;,] ([\s\S]*)$/.exec(claim)?.[1];
  const value =
    hasConst && values[name] !== undefined ? written(name, values[name]) : claim.split(/[:,;] /)[0] || 'unset';
  const rest = sentence === null ? text : text.replace(sentence[0], '').replace(/\s+/g, ' ').trim();
  return [reason === undefined ? value : `${value}: ${reason}`, rest.replaceAll(' (default)', '')];
}

function optionTable(file: string, interfaceName: string, values: Readonly<Record<string, unknown>>): string {
  const rows = optionsOf(file, interfaceName).map(option => {
    const [value, about] = columns(option, values);
    return `| \`${option.name}\` | ${cell(value)} | ${cell(about)} |`;
  });
  return ['| option | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

function errorRows(): string {
  const rows = Object.entries(webSocketErrorTable).map(([code, { fault, closeCode, httpStatus, fix }]) => {
    return `| \`${code}\` | ${fault} | ${closeCode ?? ''} | ${httpStatus ?? ''} | ${cell(fix)} |`;
  });
  return [
    '| code | whose fault | close code | HTTP status | what to do |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

type Medians = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The medians in benchmarks/results; undefined for a question that was not asked yet. */
function mediansOf(question: string): Medians | undefined {
  const file = path.join(root, 'benchmarks/results', `${question}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { medians: Medians }).medians : undefined;
}

/** Processor time at one and at sixteen messages a read; a dash for who was not asked. */
function timeRows(question: string, what: string, subjects: readonly string[]): string[] {
  const medians = mediansOf(question);
  if (medians === undefined) return [];
  return [1, 16].map(reads => {
    const times = subjects.map(
      subject => `${medians[`${reads} a read: ${subject}`]!.microsecondsAMessage!.toFixed(1)} µs`,
    );
    return `| ${what}, ${reads} a read | ${[...times, '–', '–'].slice(0, 4).join(' | ')} |`;
  });
}

/** What benchmarks/results say; `npm run bench` draws this again. */
function measured(): string {
  const rows = [
    ...timeRows('websocket-echo', 'echo of 100 bytes on 100 connections', ['raw net', 'longhaul', 'ws', 'Socket.IO']),
    ...timeRows('websocket-http2', 'the same on HTTP/2', ['Http2Stream', 'longhaul']),
  ];
  const memory = mediansOf('websocket-memory');
  if (memory !== undefined) {
    const bare = memory['bare upgraded socket']!.bytesAConnection!;
    const bytes = ['longhaul', 'ws', 'Socket.IO'].map(subject => {
      return `${Math.round(memory[subject]!.bytesAConnection! - bare).toLocaleString('en-US')} B`;
    });
    rows.push(`| an idle connection that waits for a message | 0 | ${bytes.join(' | ')} |`);
  }
  return ['| | bare | this | `ws` | Socket.IO |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

const tables: Readonly<Record<string, () => string>> = {
  'options of every connection': () => optionTable('options.ts', 'ConnectionOptions', defaults),
  'options of useWebSockets': () => optionTable('server-options.ts', 'ServerOptions', serverDefaults),
  'options of acceptWebSocket': () => optionTable('server-options.ts', 'AcceptOptions', {}),
  'options of connectWebSocket': () => optionTable('client-options.ts', 'ClientOptions', clientDefaults),
  'options of compression': () => optionTable('compression-options.ts', 'CompressionOptions', compressionDefaults),
  errors: errorRows,
  measured,
};

/** The README with its tables as the code has them; everything else as it stands. Throws when a table is missing in it. */
export function websocketsReadme(): string {
  const left = new Set(Object.keys(tables));
  const text = readFileSync(path.join(folder, 'README.md'), 'utf8').replace(
    /<!-- table: (.*?) -->\n[\s\S]*?<!-- end -->/g,
    (_all, name: string) => {
      const draw = tables[name];
      if (draw === undefined) throw new Error(`There is no table "${name}"`);
      left.delete(name);
      return `<!-- table: ${name} -->\n${draw()}\n<!-- end -->`;
    },
  );
  if (left.size > 0) throw new Error(`The README lacks: ${[...left].join(', ')}`);
  return text;
}
