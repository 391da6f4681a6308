import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorTable } from '@longhaul/agent-protocol';
import { formatHubError, HubError } from '@longhaul/hubs/hub-error';
import { problemOf } from '../session/call-problem.ts';
import { problemOfFault, problemOfLostCall, problemOfTransfer } from './problem-words.ts';

test('an error of the table brings its own fix', () => {
  assert.deepEqual(problemOfTransfer({ code: 'disk-full', message: 'no space left on /home', webErrorStatus: null }), {
    message: 'No space left on /home.',
    fix: errorTable['disk-full'].fix,
  });
});

test('a web error has the fix of its status, a server fault a general one, the rest none', () => {
  const fix = (webErrorStatus: 'http-404' | 'http-502' | 'http-418' | 'unknown') =>
    problemOfTransfer({ code: 'web-error', message: 'x', webErrorStatus }).fix;
  assert.match(fix('http-404') ?? '', /nothing at this address/);
  assert.match(fix('http-502') ?? '', /try again later/);
  assert.equal(fix('http-418'), null);
  assert.equal(fix('unknown'), null);
});

test('a code this page does not know is told without a fix, an empty message is not left empty', () => {
  assert.deepEqual(problemOfTransfer({ code: 'of-the-future', message: ' ', webErrorStatus: null }), {
    message: 'No reason was given.',
    fix: null,
  });
});

test('paths and addresses keep their letters', () => {
  const message = (text: string) => problemOfTransfer({ code: 'x', message: text, webErrorStatus: null }).message;
  assert.equal(message('/tmp/x is a folder'), '/tmp/x is a folder.');
  assert.equal(message('https://example.com does not answer!'), 'https://example.com does not answer!');
});

test("a refused call is told in the agent's words with the fix of its code", () => {
  const wire = formatHubError(
    new HubError('the download is completed', { code: 'illegal-state', data: { subject: 'transfer' } }),
  );
  const error = new Error(`An unexpected error occurred invoking 'pauseTransfer' on the server. ${wire}`);
  assert.deepEqual(problemOf(error, true), {
    message: 'The download is completed.',
    fix: 'Look at its status with "longhaul show ID" first.',
  });
});

test('a call without an answer says whether the agent failed or the connection', () => {
  const error = new Error("An unexpected error occurred invoking 'pauseTransfer' on the server.");
  assert.equal(problemOf(error, true), problemOfFault);
  assert.equal(
    problemOf(new Error('Invocation canceled due to the underlying connection being closed.'), false),
    problemOfLostCall,
  );
});
