import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import { test } from 'node:test';
import { runProgram } from './program.ts';

class Collector extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}

/** One run without a process and without an agent: none is needed for what these tests look at. */
async function run(...args: string[]) {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const code = await runProgram(args, {
    stdin: Readable.from([]),
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    // A home that can never be: whoever tried to start an agent would fail with another code.
    env: { LONGHAUL_HOME: '/dev/null/home' },
    currentFolder: '/',
    onEndSignal: () => ({ [Symbol.dispose]: () => {} }),
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

const url = 'http://127.0.0.1:9/';
const wrong: [string[], string][] = [
  [['download'], 'invalid-argument'],
  [['download', 'http://'], 'invalid-url'],
  [['download', 'ftp://host/a'], 'unsupported-scheme'],
  [['download', url, 'nonsense'], 'invalid-url'],
  [['download', '--collision', 'overwrite', url], 'invalid-argument'],
  [['download', '-o', 'x', url, url], 'invalid-argument'],
  [['download', '-o', 'x', '-O', url], 'invalid-argument'],
  [['download', '-o', '-', url], 'invalid-argument'],
  [['download', '-H', 'no colon', url], 'invalid-header'],
  [['download', '-H', 'X: a\nY: b', url], 'invalid-header'],
  [['download', '--header-file', 'no-such-file', url], 'invalid-argument'],
  [['download', '--timeout', 'soon', url], 'invalid-argument'],
  [['download', '--progress', 'loud', url], 'invalid-argument'],
  [['download', '--no-such-option', url], 'invalid-argument'],
  [['download', '--limit-rate', 'fast', url], 'invalid-argument'],
  [['download', '--checksum', 'md5=00', url], 'invalid-argument'],
  [['download', '--checksum', 'sha-256=00', url, url], 'invalid-argument'],
  [['limit', '10'], 'invalid-argument'],
  [['limit', '--max-active', '0'], 'invalid-argument'],
  [['limit', '--max-active', '257'], 'invalid-argument'],
  [['limit', '--max-active', '4', '--transfer', 'abcd'], 'invalid-argument'],
  [['retry'], 'invalid-argument'],
  [['retry', '--failed', 'abcd'], 'invalid-argument'],
  [['show'], 'invalid-argument'],
  [['pause'], 'invalid-argument'],
  [['pause', '--all', 'abcd'], 'invalid-argument'],
  [['resume'], 'invalid-argument'],
  [['cancel'], 'invalid-argument'],
  [['remove', '--all', '--finished'], 'invalid-argument'],
  [['list', '--status', 'sleeping'], 'invalid-argument'],
  [['list', 'too', 'many'], 'invalid-argument'],
  [['sockets', 'dance'], 'invalid-argument'],
  [['sockets', '--status', 'sleeping'], 'invalid-argument'],
  [['sockets', 'show'], 'invalid-argument'],
  [['sockets', 'remove'], 'invalid-argument'],
  [['sockets', 'remove', '--all', 'chat'], 'invalid-argument'],
  [['sockets', 'remove', '--all', '--closed'], 'invalid-argument'],
  [['tasks', 'dance'], 'invalid-argument'],
  [['tasks', 'show'], 'invalid-argument'],
  [['tasks', 'runs', '--status', 'sleeping'], 'invalid-argument'],
  [['tasks', 'cancel'], 'invalid-argument'],
  [['tasks', 'cancel', '--all', 'abcd'], 'invalid-argument'],
  [['agent', 'dance'], 'invalid-argument'],
  [['app', 'register', 'no-such-file'], 'invalid-argument'],
  [['no-such-command'], 'invalid-argument'],
];
for (const [args, code] of wrong) {
  test(`"longhaul ${args.join(' ').replace('\n', '\\n')}" is refused with ${code} and exit code 2`, async () => {
    const { code: exitCode, stdout, stderr } = await run(...args, '--json');
    assert.equal(exitCode, 2, stderr);
    const { error } = JSON.parse(stderr);
    assert.equal(error.code, code);
    assert.ok(error.message && error.fix);
    assert.equal(stdout, '', 'no data');
  });
}

test('a wrong command line says which help answers it', async () => {
  assert.match(
    (await run('download')).stderr,
    /^longhaul: missing required argument 'url' .*\n.*\nTry: longhaul download --help\n$/,
  );
  assert.match((await run('agent', 'dance')).stderr, /Try: longhaul agent --help/);
  assert.match((await run('sockets', 'dance')).stderr, /dance[\s\S]*Try: longhaul sockets --help/);
});

test('the refusal of a header does not show its value', async () => {
  const { stderr } = await run('download', '-H', 'Authorization: a\u0001secret', url);
  assert.ok(!stderr.includes('secret'));
});

test('help has examples and exit codes, on stdout and with exit code 0', async () => {
  const { code, stdout } = await run('--help');
  assert.equal(code, 0);
  assert.match(stdout, /Examples:/);
  assert.match(stdout, /28 timeout/);
  assert.match((await run('download', '-h')).stdout, /--header-file/);
  assert.equal((await run('help', 'list')).code, 0);
  assert.match((await run('sockets', '--help')).stdout, /remove .*\n[\s\S]*--closed/);
  assert.match((await run('tasks', '-h')).stdout, /cancel .*\n[\s\S]*tasks runs --status failed/);
});

test('without a command the help goes to stderr, and it is a usage error', async () => {
  const { code, stdout, stderr } = await run();
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /^Usage: longhaul/);
});

test('-V prints the version of the package', async () => {
  assert.match((await run('-V')).stdout, /^\d+\.\d+\.\d+\n$/);
});

test('a folder that cannot be is a clear error, never a stack trace', async () => {
  const { code, stderr } = await run('list', '--json');
  assert.equal(code, 6);
  assert.ok(['folder-not-writable', 'unsafe-folder'].includes(JSON.parse(stderr).error.code), stderr);
});
