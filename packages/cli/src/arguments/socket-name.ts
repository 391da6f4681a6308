// PURE. Which parked socket a person means: its id as its app chose it, or so much of its beginning that only one has it;
// where several apps have the same id, the app says which.
import { LonghaulError, type SocketRecord } from '@longhaul/agent-protocol';
import { minPrefixLength } from './id-beginning.ts';

/** @throws LonghaulError `not-found` (none has it), `invalid-argument` (too short, or several have it) */
export function findSocket(sockets: readonly SocketRecord[], text: string, app?: string): SocketRecord {
  const ofApp = sockets.filter(socket => app === undefined || socket.app === app);
  const exact = ofApp.filter(({ id }) => id === text);
  const found =
    exact.length > 0 || text.length < minPrefixLength ? exact : ofApp.filter(({ id }) => id.startsWith(text));
  const [first, ...others] = found;
  if (first === undefined) throw notFound(text, app);
  if (others.length === 0) return first;
  const shown = found.slice(0, 5).map(socket => `${socket.app} ${socket.id}`);
  const more = found.length > shown.length ? ', …' : '';
  const apps = new Set(found.map(socket => socket.app));
  const hint = apps.size > 1 ? '; say which app with --app' : '';
  const begin = exact.length > 0 ? `the id ${text}` : `an id that begins with ${text}`;
  throw new LonghaulError(
    'invalid-argument',
    `${found.length} sockets have ${begin}: ${shown.join(', ')}${more}${hint}`,
  );
}

function notFound(text: string, app: string | undefined): LonghaulError {
  const where = app === undefined ? '' : ` of ${app}`;
  const hint =
    text.length < minPrefixLength ? ` (the beginning of one needs at least ${minPrefixLength} characters)` : '';
  return new LonghaulError('not-found', `no socket${where} has the id ${text}${hint}`, { subject: 'socket' });
}
