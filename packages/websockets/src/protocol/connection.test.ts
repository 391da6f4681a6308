// The connection core with a clock of our own: no socket, no timer, no waiting.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ConnectionOptions, resolveSettings } from '../options.ts';
import { ConnectionCore } from './connection.ts';
import { encodeFrame } from './frame-encoder.ts';
import { MessageAssembler } from './message-assembler.ts';
import { isPart } from './message-parts.ts';
import type { Role } from './opcodes.ts';

const never = Number.POSITIVE_INFINITY;

function coreOf(options: ConnectionOptions = {}, role: Role = 'server', now = 0): ConnectionCore {
  return new ConnectionCore(role, resolveSettings(options), role === 'client' ? () => 0 : undefined, now);
}

const masked = (code: number, payload: string | Buffer = '', isFinal = true) =>
  encodeFrame(code, isFinal, Buffer.from(payload as string), 0x01020304);
const closePayload = (code: number, reason = '') =>
  Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
const written = (core: ConnectionCore) => Buffer.concat(core.output.take()).toString('hex');

/** Code of the error that the connection ended with. */
const endOf = ({ state }: ConnectionCore) => ('outcome' in state ? state.outcome.error?.code : undefined);

function texts(core: ConnectionCore, now = 0): unknown[] {
  const seen: unknown[] = [];
  const assembler = new MessageAssembler(resolveSettings({}));
  for (let item = core.next(() => now); item !== undefined; item = core.next(() => now)) {
    const message = isPart(item) ? assembler.add(item) : item;
    if (message !== undefined) seen.push(message.data);
  }
  return seen;
}

describe('messages and pings', () => {
  test('pings are answered one by one, in order, also between fragments (2.10, 5.6)', () => {
    const core = coreOf();
    core.push(Buffer.concat([masked(9, 'a'), masked(1, 'x', false), masked(9, 'b'), masked(0, 'y')]), 0);
    assert.deepEqual(texts(core), ['xy']);
    assert.equal(written(core), '8a0161' + '8a0162');
  });

  test('an unasked pong is ignored (2.7)', () => {
    const core = coreOf();
    core.push(masked(10, 'whatever'), 0);
    assert.deepEqual(texts(core), []);
    assert.equal(written(core), '');
  });

  test('messages before an offence are given out first; the ping behind it is not answered (3.4)', () => {
    const core = coreOf();
    core.push(Buffer.concat([masked(1, 'good'), Buffer.of(0xb1), masked(9)]), 0);
    assert.deepEqual(
      core.next(() => 0),
      { type: 'text', data: 'good' },
    );
    assert.equal(written(core), '');
    assert.equal(
      core.next(() => 0),
      undefined,
    );
    assert.equal(core.state.kind, 'failed');
    assert.equal(written(core), '880203ea');
  });

  test('more control frames a second than allowed fail the connection with 1008', () => {
    const core = coreOf({ maxControlFramesPerSecond: 3 });
    for (const now of [0, 10, 20, 1_000, 1_010, 1_020]) {
      core.push(masked(9), now);
      core.next(() => now);
      assert.equal(core.state.kind, 'open');
    }
    core.push(masked(9), 1_030);
    core.next(() => 1_030);
    assert.equal(core.state.kind === 'failed' && core.state.outcome.error?.code, 'too-many-control-frames');
  });

  test('bad UTF-8 fails with the piece that has it, not at the end of the message (6.4)', () => {
    const core = coreOf();
    core.push(masked(1, Buffer.from('cebaf4', 'hex'), false), 0);
    core.next(() => 0);
    assert.equal(endOf(core), undefined);
    core.push(masked(0, Buffer.from('90', 'hex'), false), 0);
    core.next(() => 0);
    assert.equal(endOf(core), 'invalid-utf8');
    assert.equal(written(core), '880203ef');
  });

  for (const frames of [[masked(1, Buffer.of(0xc3))], [masked(1, 'a', false), masked(0, Buffer.of(0xc3))]]) {
    test(`a text that ends inside a character fails, in ${frames.length} frames (6.6)`, () => {
      const core = coreOf();
      core.push(Buffer.concat(frames), 0);
      assert.deepEqual(texts(core), []);
      assert.equal(endOf(core), 'invalid-utf8');
    });
  }

  test('binary bytes are not checked', () => {
    const core = coreOf();
    core.push(Buffer.concat([masked(2, Buffer.of(0xff), false), masked(0, Buffer.of(0xc0))]), 0);
    assert.deepEqual(texts(core), [Buffer.of(0xff, 0xc0)]);
  });

  test('a Close frame is answered after what is still on its way out where that is asked for', () => {
    const core = coreOf();
    core.holdsCloseAnswer = true;
    core.push(masked(8, closePayload(3000)), 0);
    core.next(() => 0);
    assert.equal(core.state.kind, 'close-received');
    assert.equal(core.nextDeadline(true), never);
    core.send('text', 'late', true);
    core.holdsCloseAnswer = false;
    core.answerClose(10);
    assert.equal(written(core), `8104${Buffer.from('late').toString('hex')}88020bb8`);
    assert.equal(core.state.kind, 'close-done');
  });

  test('a message in parts goes out as fragments, and nothing else may come between', () => {
    const core = coreOf();
    core.send('text', 'a', false);
    assert.throws(() => core.send('binary', 'b', true), { code: 'message-open' });
    assert.throws(() => core.sendFrame(Buffer.alloc(2)), { code: 'message-open' });
    core.ping(Buffer.of());
    core.send('text', 'c', true);
    assert.equal(written(core), '010161' + '8900' + '800163');
  });
});

describe('closing', () => {
  for (const [answer, sent] of [
    ['echo', '88020bb8'],
    [1000, '880203e8'],
  ] as const) {
    test(`a close with 3000 is answered with ${answer}`, () => {
      const core = coreOf({ closeAnswer: answer });
      core.push(masked(8, closePayload(3000, 'bye')), 0);
      assert.equal(
        core.next(() => 0),
        undefined,
      );
      assert.equal(written(core), sent);
      assert.deepEqual('outcome' in core.state && core.state.outcome, {
        code: 3000,
        reason: 'bye',
        clean: true,
        error: undefined,
      });
    });
  }

  test('a close without code is echoed without code, or answered 1000 where that is wanted', () => {
    const echoing = coreOf();
    echoing.push(masked(8), 0);
    echoing.next(() => 0);
    assert.equal(written(echoing), '8800');
    const fixed = coreOf({ closeAnswer: 1000 });
    fixed.push(masked(8), 0);
    fixed.next(() => 0);
    assert.equal(written(fixed), '880203e8');
    assert.equal('outcome' in fixed.state && fixed.state.outcome.code, 1005);
  });

  test('everything behind a close is ignored (7.1)', () => {
    const core = coreOf();
    core.push(Buffer.concat([masked(8, closePayload(1000)), masked(9), masked(1, 'late'), masked(8)]), 0);
    assert.deepEqual(texts(core), []);
    assert.equal(written(core), '880203e8');
  });

  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]) {
    test(`close code ${code} is allowed (7.7)`, () => {
      const core = coreOf();
      core.push(masked(8, closePayload(code)), 0);
      core.next(() => 0);
      assert.equal(core.state.kind, 'close-done');
    });
  }
  for (const code of [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]) {
    test(`close code ${code} is refused with 1002 (7.9, 7.13)`, () => {
      const core = coreOf();
      core.push(masked(8, closePayload(code)), 0);
      core.next(() => 0);
      assert.equal(core.state.kind === 'failed' && core.state.outcome.error?.code, 'close-code-forbidden');
      assert.equal(written(core), '880203ea');
    });
  }

  test('a close of one byte and a reason that is no UTF-8 are refused (7.3.2, 7.5)', () => {
    const short = coreOf();
    short.push(masked(8, Buffer.of(3)), 0);
    short.next(() => 0);
    assert.equal(written(short), '880203ea');
    const reason = coreOf();
    reason.push(masked(8, Buffer.from('03e8eda080', 'hex')), 0);
    reason.next(() => 0);
    assert.equal(written(reason), '880203ef');
  });

  test('our close waits for the answer of the peer until the close time-out', () => {
    const core = coreOf({ closeTimeoutMs: 5_000 });
    core.close(1001, 'going', 100);
    core.close(1000, 'again', 101);
    assert.equal(written(core), `880703e9${Buffer.from('going').toString('hex')}`);
    assert.equal(core.nextDeadline(true), 5_100);
    assert.throws(() => core.send('text', 'x', true), { code: 'connection-closed' });
    core.push(Buffer.concat([masked(1, 'still talking'), masked(9)]), 200);
    assert.deepEqual(texts(core, 200), []);
    assert.equal(written(core), '');
    core.onTime(5_100, true);
    assert.equal(core.state.kind === 'abandoned' && core.state.outcome.error?.code, 'close-timeout');
  });

  test('a server gives TCP less than 1 s after the closing handshake, a client gives the server its close time-out', () => {
    const server = coreOf();
    server.push(masked(8), 50);
    server.next(() => 50);
    assert.ok(server.nextDeadline(true) < 1_050);
    const client = coreOf({ closeTimeoutMs: 3_000 }, 'client');
    client.push(encodeFrame(8, true, Buffer.of(), undefined), 50);
    client.next(() => 50);
    assert.equal(client.nextDeadline(true), 3_050);
    client.onTime(3_050, true);
    assert.equal(client.state.kind === 'abandoned' && client.state.outcome.clean, true);
  });
});

describe('keep-alive', () => {
  test('without a time-out an unsolicited pong goes out at every interval (§12)', () => {
    const core = coreOf({ keepAliveIntervalMs: 1_000 });
    assert.equal(core.nextDeadline(true), 1_000);
    core.push(masked(9), 900);
    core.next(() => 900);
    core.output.take();
    core.onTime(1_000, true);
    assert.equal(written(core), '8a00');
    assert.equal(core.nextDeadline(true), 2_000);
    core.onTime(2_000, true);
    core.onTime(1_000_000, true);
    assert.equal(core.state.kind, 'open');
  });

  test('with a time-out a ping goes out when nothing was heard for the interval, and silence aborts', () => {
    const core = coreOf({ keepAliveIntervalMs: 1_000, keepAliveTimeoutMs: 300 });
    core.push(masked(1, 'x'), 600);
    core.next(() => 600);
    core.onTime(1_000, true);
    assert.equal(written(core), '');
    assert.equal(core.nextDeadline(true), 1_600);
    core.onTime(1_600, true);
    assert.equal(written(core), '8900');
    assert.equal(core.nextDeadline(true), 1_900);
    core.onTime(1_900, true);
    assert.equal(core.state.kind === 'abandoned' && core.state.outcome.error?.code, 'keep-alive-timeout');
    assert.equal(written(core), '');
  });

  test('an answer to the ping starts the next interval', () => {
    const core = coreOf({ keepAliveIntervalMs: 1_000, keepAliveTimeoutMs: 300 });
    core.onTime(1_000, true);
    core.push(masked(10), 1_200);
    core.next(() => 1_200);
    core.onTime(1_300, true);
    assert.equal(core.state.kind, 'open');
    assert.equal(core.nextDeadline(true), 2_200);
  });

  test('silence does not count while a slow consumer keeps us from listening', () => {
    const core = coreOf({ keepAliveIntervalMs: 1_000, keepAliveTimeoutMs: 300 });
    core.onTime(1_000, true);
    assert.equal(core.nextDeadline(false), never);
    core.onTime(9_000, false);
    assert.equal(core.state.kind, 'open');
    core.hearsAgain(9_500);
    assert.equal(core.nextDeadline(true), 9_800);
    core.onTime(9_800, true);
    assert.equal(core.state.kind, 'abandoned');
  });

  test('as an option, nothing heard for twice the interval aborts', () => {
    const core = coreOf({ keepAliveIntervalMs: 1_000, abortsWhenSilentForTwiceTheInterval: true });
    core.onTime(1_000, true);
    assert.equal(written(core), '8a00');
    core.push(masked(1, 'x'), 1_500);
    core.next(() => 1_500);
    core.onTime(2_000, true);
    core.onTime(3_000, true);
    assert.equal(endOf(core), undefined);
    core.onTime(3_500, true);
    assert.equal(endOf(core), 'keep-alive-timeout');
  });

  for (const off of [0, never]) {
    test(`an interval of ${off} turns it off`, () => {
      assert.equal(coreOf({ keepAliveIntervalMs: off, keepAliveTimeoutMs: 300 }).nextDeadline(true), never);
      assert.equal(
        coreOf({ keepAliveIntervalMs: off, abortsWhenSilentForTwiceTheInterval: true }).nextDeadline(true),
        never,
      );
    });
  }
});
