import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CloseOutcome, type ConnectionState, type Happening, openState, step } from './connection-states.ts';

const outcome = (code: number): CloseOutcome => ({ code, reason: '', clean: code === 1000, error: undefined });
const sentClose: Happening = { kind: 'sent-close' };
const receivedClose: Happening = { kind: 'received-close', outcome: outcome(1000) };
const failed: Happening = { kind: 'failed', outcome: outcome(1002) };
const abandoned: Happening = { kind: 'abandoned', outcome: outcome(1006) };
const gone: Happening = { kind: 'transport-gone', outcome: outcome(1006) };

const walk = (...happenings: Happening[]) => happenings.reduce<ConnectionState>(step, openState);

describe('the life of a connection', () => {
  const paths: [name: string, happenings: Happening[], kind: string, code: number | undefined][] = [
    ['we close first', [sentClose, receivedClose, gone], 'ended', 1000],
    ['the peer closes first', [receivedClose, sentClose, gone], 'ended', 1000],
    ['we wait for the peer', [sentClose], 'close-sent', undefined],
    ['both frames are through', [receivedClose, sentClose], 'close-done', 1000],
    ['the peer breaks a rule', [failed, gone], 'ended', 1002],
    ['the peer breaks a rule while closing', [sentClose, failed, gone], 'ended', 1002],
    ['the transport goes away', [gone], 'ended', 1006],
    ['the peer never answers our close', [sentClose, abandoned, gone], 'ended', 1006],
    ['the peer never closes TCP', [receivedClose, sentClose, abandoned, gone], 'ended', 1000],
    ['abort twice', [abandoned, abandoned, gone, gone], 'ended', 1006],
  ];
  for (const [name, happenings, kind, code] of paths) {
    test(`${name}: ${kind}, outcome ${code ?? 'open'}`, () => {
      const state = walk(...happenings);
      assert.equal(state.kind, kind);
      assert.equal('outcome' in state ? state.outcome.code : undefined, code);
    });
  }

  test('what cannot happen throws', () => {
    for (const happenings of [
      [sentClose, sentClose],
      [failed, receivedClose],
      [gone, sentClose],
      [receivedClose, sentClose, receivedClose],
    ]) {
      assert.throws(() => walk(...happenings), /cannot happen/);
    }
  });
});
