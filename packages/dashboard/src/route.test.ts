import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fragmentOf, type Place, placeIn, placeOf } from './route.ts';

const id = '0f6b2a44-9d0e-4f6c-8a61-2f1f0a5b9c3d';
const other = '1f6b2a44-9d0e-4f6c-8a61-2f1f0a5b9c3d';

test('the address names the list and what is open there, and leads back to it', () => {
  const places: [Place, string][] = [
    [placeOf('transfers'), ''],
    [placeOf('transfers', id), `#/transfer/${id}`],
    [placeOf('sockets'), '#/sockets'],
    [placeOf('sockets', 'com.example.chat/room 1'), '#/socket/com.example.chat/room%201'],
    [placeOf('sockets', 'com.example.chat/a/b?c&code=d#é'), '#/socket/com.example.chat/a%2Fb%3Fc%26code%3Dd%23%C3%A9'],
    [placeOf('tasks'), '#/tasks'],
    [placeOf('tasks', id), `#/task/${id}`],
    [placeOf('tasks', id, other), `#/task/${id}/run/${other}`],
  ];
  for (const [place, fragment] of places) {
    assert.equal(fragmentOf(place), fragment);
    assert.deepEqual(placeIn(fragment), place, fragment);
  }
  assert.deepEqual(placeIn(`#/transfer/${id.toUpperCase()}`), placeOf('transfers', id));
  assert.deepEqual(placeIn('#/'), placeOf('transfers'));
});

test('what names no place leads to the plain list of transfers', () => {
  const wrong = [
    '#',
    '#code=abc',
    `#/transfer/${id}/x`,
    `#/transfer/${id.slice(1)}`,
    `#/elsewhere/${id}`,
    '#/socket/com.example.chat',
    '#/socket/com.example.chat/%',
    '#/socket/../room',
    '#/task/x',
    `#/task/${id}/run/x`,
  ];
  for (const fragment of wrong) assert.deepEqual(placeIn(fragment), placeOf('transfers'), fragment);
});

test('a socket id that is no whole text still has an address', () => {
  assert.equal(fragmentOf(placeOf('sockets', 'app/\ud800')), '#/socket/app/%EF%BF%BD');
});
