// Draws the documents that would otherwise repeat what the code says: docs/errors.md from the error tables, docs/states.md from
// the state tables of the agent, and the tables in the README of websockets. `node scripts/docs.ts` writes them, `--check` compares
// and fails, as docs.test.ts does.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorTable } from '@longhaul/agent-protocol';
import { hubErrorTable } from '@longhaul/hubs';
import { webSocketErrorTable } from '@longhaul/websockets';
import * as socketStates from '../packages/agent/src/sockets/socket-states.ts';
import { runTransitions } from '../packages/agent/src/tasks/run-states.ts';
import * as transferStates from '../packages/agent/src/transfers/transfer-states.ts';
import { websocketsReadme } from './readme-tables.ts';

const generated = '<!-- Drawn by scripts/docs.ts; change the code, then run it. -->';
const cell = (value: unknown) => String(value ?? '').replaceAll('|', '\\|');

function table(title: string, about: string, rows: Readonly<Record<string, object>>): string {
  const columns = [...new Set(Object.values(rows).flatMap(Object.keys))];
  const lines = Object.entries(rows).map(([code, facts]) => {
    const values = columns.map(column => cell((facts as Record<string, unknown>)[column]));
    return `| \`${code}\` | ${values.join(' | ')} |`;
  });
  const head = [`| code | ${columns.join(' | ')} |`, `| --- |${' --- |'.repeat(columns.length)}`];
  return [`## ${title}`, '', about, '', ...head, ...lines, ''].join('\n');
}

function errors(): string {
  return [
    generated,
    '# Errors\n\nThe code is the identity; the message is for people. Match on the code.\n',
    table('Agent, SDK and command', '`LonghaulError` of `@longhaul/agent-protocol`.', errorTable),
    table('@longhaul/hubs', '`HubServerError`.', hubErrorTable),
    table('@longhaul/websockets', '`WebSocketError`.', webSocketErrorTable),
  ].join('\n');
}

interface StateTable {
  readonly transitions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What clients see, where that is another word. */
  readonly publicStatus?: Readonly<Record<string, string>>;
}

function drawing(title: string, first: string, { transitions, publicStatus }: StateTable): string {
  const id = (name: string) => name.replaceAll('-', '_');
  const arrows = Object.entries(transitions).flatMap(([from, events]) => {
    const byTarget = Map.groupBy(Object.entries(events), ([, to]) => to);
    return [...byTarget].map(([to, names]) => `  ${id(from)} --> ${id(to)}: ${names.map(([name]) => name).join(', ')}`);
  });
  const ends = Object.entries(transitions)
    .filter(([, events]) => Object.keys(events).length === 0)
    .map(([name]) => `  ${id(name)} --> [*]`);
  const rows = Object.entries(publicStatus ?? {}).map(([state, status]) => `| ${state} | \`${status}\` |`);
  return [
    `# ${title}\n`,
    'Which event leads from which state to which. What is not drawn is the error `illegal-state`.\n',
    ['```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...arrows, ...ends, '```', ''].join('\n'),
    ...(rows.length > 0 ? ['| state | status that clients see |\n| --- | --- |', ...rows, ''] : []),
  ].join('\n');
}

function states(): string {
  return [
    generated,
    drawing('The states of a transfer', 'created', transferStates),
    drawing('The states of a parked socket', 'parked', socketStates),
    drawing('The states of a run', 'queued', { transitions: runTransitions }),
  ].join('\n');
}

export const documents: Readonly<Record<string, () => string>> = {
  'docs/errors.md': errors,
  'docs/states.md': states,
  'packages/websockets/README.md': websocketsReadme,
};

if (import.meta.main) {
  for (const [file, draw] of Object.entries(documents)) {
    const place = path.join(import.meta.dirname, '..', file);
    if (!process.argv.includes('--check')) writeFileSync(place, draw());
    else if (readFileSync(place, 'utf8') !== draw()) {
      console.error(`${file} is not what the code says: npm run docs`);
      process.exitCode = 1;
    }
  }
}
