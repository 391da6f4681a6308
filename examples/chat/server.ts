// Chat rooms: who is there comes from presence, what clients send is validated and limited, the last messages of a room are
// kept while anybody is in it. A name is whatever the page says: put your own sign-in into `authorize`.
import { createHubServer, defineHub, HubError, method } from '@longhaul/hubs';
import * as v from 'valibot';
import { listen, serveFolder } from '../shared/serve.ts';

export interface Message {
  readonly from: string;
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

interface ChatClient {
  messageReceived(message: Message): void;
  peopleChanged(people: string[]): void;
  typing(from: string): void;
}

const keptMessages = 50;
const kept = new Map<string, Message[]>();

const roomName = v.pipe(v.string(), v.trim(), v.nonEmpty('A room needs a name'), v.maxLength(40));
const messageText = v.pipe(v.string(), v.trim(), v.nonEmpty('Nothing to send'), v.maxLength(2_000));

export const chat = defineHub<ChatClient>()({
  name: 'Chat',
  methods: {
    /** Enters a room (and leaves the one before) and gives its last messages. */
    join: method({ args: [roomName] }, async (call, room) => {
      const before = call.items.get('room') as string | undefined;
      if (before !== undefined) await call.groups.remove(call.connectionId, before);
      call.items.set('room', room);
      await call.groups.add(call.connectionId, room);
      return kept.get(room) ?? [];
    }),
    say: method({ args: [messageText] }, async (call, text) => {
      const room = call.items.get('room') as string | undefined;
      if (room === undefined) throw new HubError('Enter a room first', { code: 'no-room' });
      const message: Message = { from: call.userIdentifier ?? 'Somebody', text, at: Date.now() };
      const messages = kept.get(room) ?? [];
      kept.set(room, [...messages, message].slice(-keptMessages));
      await call.clients.group(room).messageReceived(message);
    }),
    async typing(call) {
      const room = call.items.get('room') as string | undefined;
      if (room !== undefined) await call.clients.othersInGroup(room).typing(call.userIdentifier ?? 'Somebody');
    },
  },
});

const server = serveFolder(
  `${import.meta.dirname}/page`,
  ['index.html', 'chat.js', 'chat.css'],
  (_request, response) => {
    response.writeHead(404).end();
  },
);
// `typing` may be lost on a slow connection: a newer one says the same.
const hubs = createHubServer(server, { rateLimit: { perSecond: 10, burst: 30 }, slowConsumer: 'drop-oldest' });
hubs.map('/chat', chat, {
  authorize({ request }) {
    const name = new URL(request.url ?? '/', 'http://here').searchParams.get('name')?.trim().slice(0, 30);
    return name ? { allowed: true, user: { id: name } } : { allowed: false, status: 401 };
  },
});

const { clients, presence } = hubs.context(chat);
presence.watch(async fact => {
  if (fact.kind !== 'joined' && fact.kind !== 'left') return;
  if (fact.kind === 'left' && fact.isLast) kept.delete(fact.group);
  const members = await presence.groupMembers(fact.group);
  const people = [...new Set(members.map(({ userIdentifier }) => userIdentifier ?? 'Somebody'))];
  await clients.group(fact.group).peopleChanged(people);
});

console.log(`The page is at ${await listen(server)}`);
