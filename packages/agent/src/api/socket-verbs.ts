// The verbs of parked sockets. What carries a descriptor goes through the door of the sockets room instead.
import { LonghaulError, PageStart, SocketName } from '@longhaul/agent-protocol';
import type { Scope } from '../scope.ts';
import type { Sockets } from '../sockets/door.ts';
import { watchGroup } from './feed.ts';
import type { Verb } from './verb.ts';

export const socketMethods = (verb: Verb, sockets: Sockets) => ({
  listSockets: verb('listSockets', [], ({ scope }) => sockets.list(scope)),
  watchSockets: verb('watchSockets', [], async ({ scope }, _, call) => {
    // First the group, then the list: what changes in between comes twice rather than not at all.
    await call.groups.add(call.connectionId, watchGroup(scope, 'sockets'));
    return sockets.list(scope);
  }),
  listOwnSockets: verb('listOwnSockets', [PageStart], ({ scope }, [start]) => sockets.listOwn(appOf(scope), start)),
  removeSocket: verb('removeSocket', [SocketName], ({ scope }, [name]) => sockets.remove(scope, name)),
  getSocketDoor: verb('getSocketDoor', [], () => ({ path: sockets.path() })),
});

/** These verbs are for apps only. */
function appOf(scope: Scope): string {
  if (scope.role === 'app') return scope.app;
  throw new LonghaulError('access-denied', 'only an app has sockets of its own');
}
