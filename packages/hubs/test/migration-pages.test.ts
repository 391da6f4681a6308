// What the pages for who comes from ASP.NET Core or Socket.IO show as our side of the table: every call on it that names
// `call.clients`, `call.groups`, `hubs.context` or `presence` is made here, as it stands there.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { defineHub } from '@longhaul/hubs';
import { leakCheck, waitFor } from '@longhaul/testing';
import { host } from './host.ts';
import { officialClient } from './official-client.ts';

const pages = ['from-aspnet-core.md', 'from-socket-io.md'].map(file =>
  readFileSync(path.join(import.meta.dirname, '..', file), 'utf8'),
);
const source = readFileSync(import.meta.filename, 'utf8');

/** Code of the right-hand columns, its arguments and blanks aside. */
const shown = pages
  .flatMap(page => page.split('\n'))
  .filter(line => line.startsWith('| ') && !line.startsWith('| ---'))
  .flatMap(line => [
    ...(line.split(' | ')[1] ?? '').matchAll(/`((?:call\.(?:clients|groups)|hubs\.context|presence)\.?[^`]*)`/g),
  ])
  .map(([, code]) => code!.replace(/\.…$/, '').replace(/…\)?$/, ''));

interface Client {
  said(text: string): void;
  ask(): number;
}

describe('the pages for who comes from elsewhere', () => {
  after(leakCheck());

  test('every call that they show is made below', () => {
    assert.ok(shown.length > 15, `${shown.length} calls`);
    assert.deepEqual(
      shown.filter(code => !source.includes(code)),
      [],
    );
  });

  test('and does what it says there', async t => {
    const text = 'hello';
    const name = 'said';
    const signal = AbortSignal.timeout(10_000);
    const facts: string[] = [];
    const chat = defineHub<Client>()({
      methods: {
        async everything(call): Promise<unknown> {
          const { presence } = hubs.context(chat);
          await call.groups.add(call.connectionId, 'g');
          await call.groups.add(call.connectionId, 'room');
          const ids = ['nobody'];
          const id = call.connectionId;
          await call.groups.add(id, 'g');
          await hubs.context(chat).groups.add(id, 'other');
          await call.clients.all.said(text);
          await hubs.context(chat).clients.all.said(text);
          await call.clients.caller.said(text);
          await call.clients.all[name](text);
          await call.clients.others.said(text);
          await call.clients.group('room').said(text);
          await call.clients.groups(['a', 'b']).said(text);
          await call.clients.allExcept(ids).said(text);
          await call.clients.groupExcept('room', ids).said(text);
          await call.clients.othersInGroup('room').said(text);
          const asked = [
            await call.clients.caller.invokeWith({ signal }).ask(),
            await call.clients.caller.invokeWith({ timeoutMs: 5_000 }).ask(),
          ];
          const rooms = [...(await presence.groupsOf(call.connectionId))].sort();
          const members = (await presence.groupMembers('room')).length;
          await call.groups.remove(call.connectionId, 'room');
          return { asked, rooms, members };
        },
      },
    });
    const { hubs, url } = await host(t, chat);
    const { presence } = hubs.context(chat);
    presence.watch(fact => facts.push(JSON.stringify(fact)));
    const connection = officialClient(t, `${url}/hub`);
    let heard = 0;
    connection.on('said', () => {
      heard += 1;
    });
    connection.on('ask', () => 42);
    await connection.start();
    assert.deepEqual(await connection.invoke('everything'), {
      asked: [42, 42],
      rooms: ['g', 'other', 'room'],
      members: 1,
    });
    await waitFor('what was said', () => heard === 7);
    assert.ok(facts.length >= 4);
  });
});
