// Any headers, mangled anywhere, into the opening handshake of both ends: an answer or an error of ours, never anything else;
// and what a client of ours offers, a server of ours accepts and the client takes.
// LONGHAUL_SEED repeats a run, LONGHAUL_FUZZ_MS makes it longer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { resolveCompression } from '../src/compression-options.ts';
import { WebSocketError } from '../src/errors.ts';
import { acceptFor } from '../src/handshake/accept-key.ts';
import { acceptDeflate, offerDeflate, readDeflateAnswer } from '../src/handshake/deflate.ts';
import { parseExtensions } from '../src/handshake/extensions.ts';
import { readUpgradeAnswer } from '../src/handshake/server-answer.ts';
import { readUpgradeRequest } from '../src/handshake/upgrade-request.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const words = [
  'permessage-deflate',
  'client_max_window_bits',
  'server_max_window_bits',
  'server_no_context_takeover',
  'client_no_context_takeover',
  'websocket',
  'Upgrade',
  'keep-alive',
  'chat',
  '13',
  '8',
  '9',
  '15',
  '16',
  key,
  '"',
  '\\',
  ';',
  ',',
  '=',
  ' ',
  '\t',
  '',
  'é',
  '\u0000',
];

const textOf = (random: SeededRandom) =>
  Array.from({ length: random.below(12) }, () => random.pick(words)).join(random.pick(['', ' ', '; ', ', ', '=']));

function mangled(random: SeededRandom, value: string): string {
  if (random.below(3) > 0) return value;
  const at = random.below(value.length + 1);
  return value.slice(0, at) + textOf(random) + value.slice(at + random.below(4));
}

function optionsOf(random: SeededRandom) {
  return resolveCompression({
    serverMaxWindowBits: 9 + random.below(7),
    clientMaxWindowBits: 9 + random.below(7),
    serverContextTakeover: random.below(2) === 0,
    clientContextTakeover: random.below(2) === 0,
  })!;
}

/** The code of an error of ours; undefined when there was none. */
function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof WebSocketError, String(error));
    return error.code;
  }
}

test('any headers end in an answer or in an error of ours', t => {
  const random = seededRandom();
  t.diagnostic(`LONGHAUL_SEED=${random.seed}`);
  const until = performance.now() + Number(process.env.LONGHAUL_FUZZ_MS ?? 1_500);
  const outcomes = new Map<string, number>();
  let runs = 0;
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  for (; performance.now() < until; runs++) {
    try {
      const extensions = random.below(2) === 0 ? textOf(random) : mangled(random, offerDeflate(optionsOf(random)));
      const headers = {
        upgrade: mangled(random, 'websocket'),
        connection: mangled(random, 'keep-alive, Upgrade'),
        'sec-websocket-version': mangled(random, '13'),
        'sec-websocket-key': mangled(random, key),
        ...(random.below(2) === 0 ? { 'sec-websocket-protocol': mangled(random, 'chat, superchat') } : {}),
        'sec-websocket-extensions': extensions,
      };
      count(codeOf(() => readUpgradeRequest({ method: random.pick(['GET', 'GET', 'POST']), headers })) ?? 'asked');
      const answer = { ...headers, 'sec-websocket-accept': mangled(random, acceptFor(key)) };
      const offer = { subprotocols: ['chat'], compression: random.below(2) === 0 ? optionsOf(random) : undefined };
      count(codeOf(() => readUpgradeAnswer(answer, key, offer)) ?? 'answered');
      count(codeOf(() => acceptDeflate(parseExtensions(extensions), optionsOf(random))) ?? 'negotiated');
    } catch (cause) {
      throw new Error(`Run ${runs} of LONGHAUL_SEED=${random.seed}`, { cause });
    }
  }
  t.diagnostic(`${runs} handshakes: ${[...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')}`);
  assert.ok(runs < 500 || outcomes.size >= 7, 'the generator reaches too little');
});

test('both ends agree on what the other one does, whatever their options', () => {
  const random = seededRandom();
  for (let i = 0; i < 2_000; i++) {
    const server = optionsOf(random);
    const client = optionsOf(random);
    const accepted = acceptDeflate(parseExtensions(offerDeflate(client)), server);
    assert.ok(accepted !== undefined);
    const taken = readDeflateAnswer(accepted.header, client);
    assert.ok(taken !== undefined);
    assert.equal(taken.receiveWindowBits, accepted.agreement.sendWindowBits);
    assert.equal(taken.receiveKeepsContext, accepted.agreement.sendKeepsContext);
    assert.ok(taken.sendWindowBits <= accepted.agreement.receiveWindowBits);
    assert.ok(!taken.sendKeepsContext || accepted.agreement.receiveKeepsContext);
  }
});
