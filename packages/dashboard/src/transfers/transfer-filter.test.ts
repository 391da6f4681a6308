import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferRecord } from '../../test/fixtures/transfer-records.ts';
import { isFound, queryWords } from '../rows/row-groups.ts';
import { isFoundAlike, searchTextOf } from './transfer-filter.ts';

const record = transferRecord({
  status: 'error',
  url: 'https://CDN.example.com/Films/one.mkv?token=s3cret#part',
  actualUrl: 'https://edge-7.example.net/one.mkv?sig=s3cret',
  file: '/home/ada/Videos/Eins.mkv',
  app: 'com.example.player',
});
const finds = (query: string) => isFound(searchTextOf(record), queryWords(query));

test('name, folder, address, the address after redirects, status, group, app and id are looked through', () => {
  for (const query of [
    'eins',
    'videos',
    'cdn.EXAMPLE',
    'films/one',
    'edge-7',
    'error',
    'failed',
    'player',
    record.id,
  ]) {
    assert.ok(finds(query), query);
  }
});

test('all words must be found, in any order; no words find everything', () => {
  assert.ok(finds('mkv   failed'));
  assert.ok(!finds('mkv running'));
  assert.ok(finds('  '));
});

test('the query of an address is not looked through', () => {
  assert.ok(!finds('s3cret'));
  assert.ok(!finds('token'));
});

test('only what is looked through makes a new text', () => {
  assert.ok(isFoundAlike(record, { ...record, bytesReceived: 1, revision: 9 }));
  assert.ok(!isFoundAlike(record, { ...record, status: 'idle' }));
});
