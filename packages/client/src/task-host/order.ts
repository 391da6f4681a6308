// PURE. What the agent says to a host, as values. Its words are checked against their schemas where they are made; here only
// what would lead astray: this runs before the first line of every task, and schemas would take longer to load than the rest.
import type { FromSocketDoor, ToTaskHost } from '@longhaul/agent-protocol';

export type FromAgent =
  | { readonly to: 'host'; readonly message: ToTaskHost }
  | { readonly to: 'door'; readonly message: FromSocketDoor };

/** What each word must have, beside what may be in it. */
const shapes: Readonly<
  Record<string, { readonly to: FromAgent['to']; readonly fields: Readonly<Record<string, string>> }>
> = {
  run: {
    to: 'host',
    fields: {
      run: 'string',
      attempt: 'number',
      task: 'object',
      reason: 'string',
      socketId: 'string',
      socket: 'object',
      closed: 'object',
    },
  },
  cancel: { to: 'host', fields: { run: 'string', reason: 'string', graceMs: 'number' } },
  ping: { to: 'host', fields: {} },
  welcome: { to: 'door', fields: {} },
  done: { to: 'door', fields: { request: 'number' } },
  lent: { to: 'door', fields: { request: 'number', socket: 'object' } },
  refused: { to: 'door', fields: { request: 'number', code: 'string', message: 'string' } },
};

/** `undefined` for what a host does not know: a newer agent may say more. */
export function parseFromAgent(text: string): FromAgent | undefined {
  const json: unknown = JSON.parse(text);
  if (typeof json !== 'object' || json === null || !('type' in json) || typeof json.type !== 'string') return undefined;
  const shape = Object.hasOwn(shapes, json.type) ? shapes[json.type] : undefined;
  if (shape === undefined) return undefined;
  const values = json as unknown as Readonly<Record<string, unknown>>;
  if (!Object.entries(shape.fields).every(([name, type]) => typeof values[name] === type)) return undefined;
  return { to: shape.to, message: json } as FromAgent;
}
