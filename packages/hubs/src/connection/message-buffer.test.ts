import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SeededRandom, seededRandom } from '@longhaul/testing';
import { HubServerError } from '../errors.ts';
import { MessageBuffer } from './message-buffer.ts';

const message = (id: number) => ({ id, data: 'x'.repeat(10) });
const create = () => new MessageBuffer<ReturnType<typeof message>>(1_000);
const refused = (error: unknown) => error instanceof HubServerError && error.code === 'invalid-message';

describe('§9 the message buffer', () => {
  test('§9.6 with nothing to send again the Sequence is the number of the next message', () => {
    const buffer = create();
    assert.deepEqual(buffer.resend(), { sequenceId: 1, ignored: 0, messages: [] });
    buffer.sent(message(1));
    buffer.acknowledged(1);
    assert.deepEqual(buffer.resend(), { sequenceId: 2, ignored: 0, messages: [] });
  });

  test('§9.3 an Ack drops everything up to its number; an old one, or the same again, changes nothing', () => {
    const buffer = create();
    for (let id = 1; id <= 5; id += 1) buffer.sent(message(id));
    assert.equal(buffer.bytes, 50);
    buffer.acknowledged(3);
    for (const old of [3, 1, 0, -5]) buffer.acknowledged(old);
    assert.equal(buffer.bytes, 20);
    const { sequenceId, messages } = buffer.resend();
    assert.equal(sequenceId, 4);
    assert.deepEqual(
      messages.map(({ id }) => id),
      [4, 5],
    );
  });

  test('an Ack for what was not sent is refused', () => {
    const buffer = create();
    buffer.sent(message(1));
    for (const id of [2, 1e300, Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
      assert.throws(() => buffer.acknowledged(id), refused);
    }
    assert.equal(buffer.bytes, 10);
  });

  test('§9.7 a Sequence below what was received makes duplicates of what follows', () => {
    const buffer = create();
    for (let n = 0; n < 4; n += 1) assert.equal(buffer.received(), true);
    buffer.sequenced(3);
    assert.deepEqual([buffer.received(), buffer.received(), buffer.received()], [false, false, true]);
  });

  test('§9.7 a Sequence that leaves a gap, or is below 1, is refused', () => {
    const buffer = create();
    buffer.received();
    buffer.sequenced(2);
    for (const id of [3, 0, -1, -(2 ** 63), 1.5, Number.NaN, 1e300]) {
      assert.throws(() => buffer.sequenced(id), refused);
    }
  });

  test('§9.3 there is something to acknowledge after something has come, also when it has come before', () => {
    const buffer = create();
    assert.equal(buffer.takeAck(), undefined);
    buffer.received();
    buffer.received();
    assert.deepEqual([buffer.takeAck(), buffer.takeAck()], [2, undefined]);
    buffer.sequenced(1);
    assert.equal(buffer.received(), false);
    assert.equal(buffer.takeAck(), 2);
  });

  test('after many bytes the Ack is urgent', () => {
    const buffer = create();
    buffer.heard(5_000);
    assert.equal(buffer.isAckUrgent, false);
    buffer.received();
    assert.equal(buffer.isAckUrgent, true);
    buffer.takeAck();
    buffer.received();
    assert.equal(buffer.isAckUrgent, false);
  });

  test('an Ack of what came before a cut, and a cut behind the Sequence: the next Sequence is one the client expects', () => {
    const buffer = create();
    for (let id = 1; id <= 5; id += 1) buffer.sent(message(id));
    buffer.acknowledged(2);
    assert.deepEqual([buffer.resend().sequenceId, buffer.resend().ignored], [3, 0]);
    // The client had all five; of the second transport it has seen no more than the Sequence.
    buffer.acknowledged(5);
    buffer.sent(message(6));
    assert.deepEqual(buffer.resend(), { sequenceId: 3, ignored: 3, messages: [message(6)] });
    buffer.acknowledged(6);
    assert.deepEqual([buffer.resend().sequenceId, buffer.resend().ignored], [3, 4]);
    buffer.sent(message(7));
    buffer.acknowledged(7);
    assert.deepEqual(buffer.resend(), { sequenceId: 8, ignored: 0, messages: [] });
  });

  const { seed } = seededRandom();
  for (const [receiver, createReceiver] of [
    ['ours', () => create()],
    ["the official client's", () => new StrictReceiver()],
  ] as const) {
    test(`over a line that is cut anywhere each message arrives once, in order, at ${receiver} end (seed ${seed})`, () => {
      const random = seededRandom(seed);
      for (let round = 0; round < 300; round += 1) runRound(random, createReceiver());
    });
  }
});

interface Receiver {
  received(): boolean;
  sequenced(sequenceId: number): void;
  takeAck(): number | undefined;
}

/** As the JavaScript client does it: its MessageBuffer refuses a Sequence above the number it expects next. */
class StrictReceiver implements Receiver {
  #next = 1;
  #latest = 0;

  received(): boolean {
    const id = this.#next++;
    if (id <= this.#latest) return false;
    this.#latest = id;
    return true;
  }

  sequenced(sequenceId: number): void {
    assert.ok(sequenceId <= this.#next, `Sequence ${sequenceId} where ${this.#next} is next`);
    this.#next = sequenceId;
  }

  takeAck(): number {
    return this.#latest;
  }
}

function runRound(random: SeededRandom, to: Receiver): void {
  const from = create();
  const received: number[] = [];
  let line: (number | { sequenceId: number })[] = [];
  let sent = 0;
  const deliver = (count: number) => {
    for (const item of line.splice(0, count)) {
      if (typeof item === 'object') to.sequenced(item.sequenceId);
      else if (to.received()) received.push(item);
    }
  };
  const cut = () => {
    const { sequenceId, ignored, messages } = from.resend();
    line = [{ sequenceId }, ...Array<number>(ignored).fill(-1), ...messages.map(({ id }) => id)];
  };
  for (let step = 0; step < 200; step += 1) {
    const dice = random.below(10);
    if (dice < 5) {
      sent += 1;
      from.sent(message(sent));
      line.push(sent);
    } else if (dice < 8) {
      deliver(random.below(6));
    } else if (dice < 9) {
      const ack = to.takeAck();
      if (ack !== undefined && random.below(4) > 0) from.acknowledged(ack);
    } else {
      cut();
    }
  }
  cut();
  deliver(line.length);
  assert.deepEqual(
    received,
    Array.from({ length: sent }, (_, index) => index + 1),
  );
}
