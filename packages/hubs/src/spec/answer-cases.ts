// Contract cases: questions to one client, and their answers (§8.7).
import assert from 'node:assert/strict';
import { HubError } from '../hub-error.ts';
import { errorCompletion, resultCompletion } from '../protocol/messages.ts';
import { type ContractConnection, eventually } from './contract-connection.ts';
import type { StageCases } from './lifetime-contract.ts';

async function questionOf(connection: ContractConnection, count = 1): Promise<string> {
  await eventually('the question', () => connection.received.length >= count);
  const { invocationId } = connection.received[count - 1]!;
  assert.ok(invocationId !== undefined, 'a question has an id');
  return invocationId;
}

export const answerCases: StageCases = {
  'a question is answered by its client, wherever that is': async stage => {
    await stage.connect('a');
    const b = await stage.connect('b');
    const asked = stage.near.invokeConnection('b', 'question', [20, 'x']);
    const invocationId = await questionOf(b);
    assert.deepEqual(b.received[0], { type: 1, invocationId, target: 'question', arguments: [20, 'x'] });
    assert.doesNotMatch(invocationId, /^\d+$/, 'the ids of upload streams are plain numbers (§8.6)');
    assert.equal(stage.homeOf(b).completeInvocation('b', resultCompletion(invocationId, { n: 21 })), true);
    assert.deepEqual(await asked, { n: 21 });
  },

  'questions at the same time do not mix, in whatever order they are answered': async stage => {
    await stage.connect('a');
    const b = await stage.connect('b');
    const asked = [1, 2, 3].map(n => stage.near.invokeConnection('b', 'question', [n]));
    await questionOf(b, 3);
    for (const { invocationId, arguments: args } of b.received.toReversed()) {
      stage.homeOf(b).completeInvocation('b', resultCompletion(invocationId!, `answer ${args[0]}`));
    }
    assert.deepEqual(await Promise.all(asked), ['answer 1', 'answer 2', 'answer 3']);
  },

  'a client that fails: HubError with its words': async stage => {
    await stage.connect('a');
    const b = await stage.connect('b');
    const asked = stage.near.invokeConnection('b', 'question', []);
    const failed = assert.rejects(
      asked,
      (error: unknown) => error instanceof HubError && error.message === 'Error: from callback',
    );
    const invocationId = await questionOf(b);
    stage.homeOf(b).completeInvocation('b', errorCompletion(invocationId, 'Error: from callback'));
    await failed;
  },

  'an unknown connection: connection-not-found, does not exist': async stage => {
    await assert.rejects(stage.near.invokeConnection('nobody', 'x', []), {
      code: 'connection-not-found',
      message: "Connection 'nobody' does not exist.",
    });
  },

  'a connection that ends before it answers: connection-not-found, disconnected': async stage => {
    await stage.connect('a');
    const b = await stage.connect('b');
    const failed = assert.rejects(stage.near.invokeConnection('b', 'x', []), {
      code: 'connection-not-found',
      message: "Connection 'b' disconnected.",
    });
    await questionOf(b);
    await stage.disconnect(b);
    await failed;
  },

  "a question can be given up; its late answer is nobody's": async stage => {
    const a = await stage.connect('a');
    const controller = new AbortController();
    const failed = assert.rejects(stage.near.invokeConnection('a', 'x', [], controller.signal), { message: 'enough' });
    const invocationId = await questionOf(a);
    controller.abort(new Error('enough'));
    await failed;
    assert.equal(stage.near.completeInvocation('a', resultCompletion(invocationId, 1)), false);
    await assert.rejects(stage.near.invokeConnection('a', 'x', [], controller.signal), { message: 'enough' });
  },

  'the answer of another connection is not taken': async stage => {
    const [a, , c] = [await stage.connect('a'), await stage.connect('b'), await stage.connect('c')];
    const asked = stage.near.invokeConnection('a', 'x', []);
    const invocationId = await questionOf(a);
    assert.equal(stage.homeOf(c).completeInvocation('c', resultCompletion(invocationId, 'forged')), false);
    assert.equal(stage.near.completeInvocation('a', resultCompletion(invocationId, 'true')), true);
    assert.equal(await asked, 'true');
  },

  'a question that cannot be serialized fails for who asks': async stage => {
    const a = await stage.connect('a');
    await assert.rejects(stage.near.invokeConnection('a', 'x', [1n]), TypeError);
    assert.deepEqual(a.targets, []);
  },

  'an answer to nothing is not taken': async stage => {
    await stage.connect('a');
    assert.equal(stage.near.completeInvocation('a', resultCompletion('s999', 1)), false);
  },
};
