import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runRecord, socketRecord } from '@longhaul/testing/task-records';
import { errorTable } from './errors.ts';
import { explainRun, orphanedBy } from './run-explanations.ts';

test('what went well, waits or runs needs no words', () => {
  for (const status of ['completed', 'queued', 'running'] as const) {
    assert.equal(explainRun(runRecord({ status })), undefined);
  }
});

test('a failed run says its reason as a sentence, with the fix of its code', () => {
  const failed = runRecord({ status: 'failed', error: { code: 'task-failed', message: 'it threw: no such room' } });
  assert.deepEqual(explainRun(failed), { what: 'It threw: no such room.', fix: errorTable['task-failed'].fix });
  const unknown = runRecord({ status: 'failed', error: { code: 'of-a-newer-agent', message: 'New words.' } });
  assert.deepEqual(explainRun(unknown), { what: 'New words.', fix: null });
  assert.equal(explainRun(runRecord({ status: 'failed' }))?.what, 'No reason was recorded.');
});

test('every way to fail has its own code, and with it what to do about it (TI-20, TI-61)', () => {
  const fixOf = (code: string) =>
    explainRun(runRecord({ status: 'failed', error: { code, message: 'it' } }))?.fix ?? '';
  assert.match(fixOf('task-failed'), /what it threw/);
  assert.match(fixOf('task-died'), /exits or crashes .* memory/);
  assert.match(fixOf('task-late'), /signal.*deferral/);
  assert.match(fixOf('task-stuck'), /await in between/);
});

test('a run that took too long and ended when told to says what a task can do about it (TI-61)', () => {
  const ended = explainRun(runRecord({ status: 'canceled', cancellationReason: 'execution-time-exceeded' }));
  assert.match(ended?.what ?? '', /it took longer than a task may/);
  assert.match(ended?.fix ?? '', /hand the socket back/);
});

test('a run whose prints took its time says so, whether it ended when told to or not', () => {
  const late = { cancellationReason: 'execution-time-exceeded', heldUpMs: 27_300 } as const;
  const waited = / For 27 s its process waited until what was printed in it had been taken\.$/;
  const error = { code: 'task-stuck', message: 'it kept its process busy' };
  for (const run of [runRecord({ ...late, status: 'canceled' }), runRecord({ ...late, status: 'failed', error })]) {
    assert.match(explainRun(run)?.what ?? '', waited);
    assert.match(explainRun(run)?.fix ?? '', /^Print less/);
  }
  const quick = explainRun(runRecord({ ...late, status: 'canceled', heldUpMs: 900 }));
  assert.doesNotMatch(quick?.what ?? '', /printed/);
  assert.equal(explainRun(runRecord({ status: 'completed', heldUpMs: 9_000 })), undefined);
});

test('a run that waits for another attempt says what became of the one before', () => {
  const error = { code: 'task-died', message: 'its process ended before it was over: exit code 3' };
  assert.deepEqual(explainRun(runRecord({ status: 'queued', attempt: 2, error })), {
    what: 'It is started again: its process ended before it was over: exit code 3.',
    fix: null,
  });
});

test('the last of too many failures in a row says that its socket is gone', () => {
  const failed = runRecord({ status: 'failed', error: { code: 'task-failed', message: 'Error: no\n  such room' } });
  assert.equal(
    explainRun(failed, { id: 'chat' })?.what,
    'Error: no such room. Too many runs in a row had failed, so its socket "chat" was closed.',
  );
});

test('every cancellation has its reason in words (TI-19)', () => {
  const what = (cancellationReason: 'abort' | 'terminating' | 'uninstall') =>
    explainRun(runRecord({ status: 'canceled', cancellationReason }))?.what ?? '';
  assert.match(what('abort'), /on request/);
  assert.match(what('terminating'), /agent was ending/);
  assert.match(what('uninstall'), /unregistered/);
  assert.match(explainRun(runRecord({ status: 'canceling', cancellationReason: 'abort' }))?.what ?? '', /told to end:/);
});

test('a completed run is blamed for an orphaned socket only when it was the last to have it (SB-35)', () => {
  const socket = socketRecord({ status: 'orphaned', since: 200 });
  const last = runRecord({ id: 'b', queuedAt: 100, startedAt: 110, endedAt: 199 });
  const earlier = runRecord({ id: 'a', queuedAt: 50, startedAt: 60, endedAt: 90 });
  assert.equal(orphanedBy(last, [last, earlier], [socket]), socket);
  assert.equal(orphanedBy(earlier, [last, earlier], [socket]), undefined);
  assert.equal(orphanedBy({ ...last, status: 'canceled' }, [last], [socket]), undefined);
  assert.equal(orphanedBy(last, [last], [{ ...socket, status: 'parked' }]), undefined);
  assert.equal(orphanedBy(last, [last], [{ ...socket, app: 'com.example.mail' }]), undefined);
  assert.equal(orphanedBy({ ...last, startedAt: 300 }, [last], [socket]), undefined, 'it was orphaned before');
});
