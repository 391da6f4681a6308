import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable, fixOf, LonghaulError } from './errors.ts';

test('what to do about something that is not there, or in another state, names the command for its kind', () => {
  const fix = (...given: ConstructorParameters<typeof LonghaulError>) => new LonghaulError(...given).facts.fix;
  assert.match(fix('not-found', 'x', { subject: 'transfer' }), /"longhaul list"/);
  assert.match(fix('not-found', 'x', { subject: 'socket' }), /"longhaul sockets"/);
  assert.match(fix('not-found', 'x', { subject: 'task' }), /"longhaul tasks"/);
  assert.match(fix('not-found', 'x', { subject: 'run' }), /"longhaul tasks runs"/);
  assert.match(fix('not-found', 'x', { subject: 'app' }), /"longhaul app list"/);
  assert.match(fix('illegal-state', 'x', { subject: 'transfer' }), /"longhaul show ID"/);
  assert.match(fix('illegal-state', 'x', { subject: 'socket' }), /"longhaul sockets show ID"/);
  assert.match(fix('illegal-state', 'x', { subject: 'run' }), /"longhaul tasks show RUN"/);
});

test('where the kind is not known, or of no matter, the code says it', () => {
  assert.equal(fixOf('not-found'), errorTable['not-found'].fix);
  assert.equal(fixOf('not-found', 'of the future'), errorTable['not-found'].fix);
  assert.equal(fixOf('disk-full', 'socket'), errorTable['disk-full'].fix);
  assert.doesNotMatch(fixOf('illegal-state'), /longhaul/, 'what it is about may be an object of the app');
});

test('the kind travels as a fact for programs, beside others', () => {
  const { data, facts } = new LonghaulError('illegal-state', 'x', { data: { status: 'closed' }, subject: 'socket' });
  assert.deepEqual(data, { status: 'closed', subject: 'socket' });
  assert.deepEqual([facts.exitCode, facts.isRetryable, facts.fault], [9, false, 'caller']);
  assert.equal(new LonghaulError('internal', 'x').data, undefined);
});
