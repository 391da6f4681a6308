// The command on a terminal (a pseudo-terminal by script(1), which every Debian has) and in a pipe that closes early.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startOrigin } from '@longhaul/testing/origin';
import { CommandHome } from './command-home.ts';
import { onTerminal, runShell, type ShellArguments } from './shell.ts';

const mebibyte = 1024 * 1024;
const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const slow = left.use(await startOrigin(mebibyte));

const shell = (...args: ShellArguments) => runShell(home, ...args);

test('on a terminal --wait paints a bar that ends at 100%', async () => {
  const { code, stdout } = await shell(onTerminal(`longhaul download --wait "${slow.url}/bar.bin?size=${mebibyte}"`));
  assert.equal(code, 0, stdout);
  assert.match(stdout, /bar\.bin +█*[▏▎▍▌▋▊▉]?░+ {2}\d+% {2}/);
  assert.match(stdout, /bar\.bin +█+ {2}100% {2}1\.00 MiB of 1\.00 MiB {2}completed/);
});

test('colours obey NO_COLOR and --no-color', async () => {
  const red = '\u001b[31m';
  const refused = 'longhaul show abcdef';
  assert.ok((await shell(onTerminal(refused))).stdout.includes(red));
  assert.ok(!(await shell(onTerminal(refused), { NO_COLOR: '1' })).stdout.includes(red));
  assert.ok(!(await shell(onTerminal(`${refused} --no-color`))).stdout.includes(red));
});

test('Ctrl-C on a terminal leaves the transfer running and says so', async () => {
  const url = `${slow.url}/ctrl-c?size=${20 * mebibyte}`;
  let isTyped = false;
  const { stdout } = await shell(
    onTerminal(`longhaul download --wait "${url}"; echo code $?`),
    {},
    (shown, keyboard) => {
      if (isTyped || !/ctrl-c .* \d+%/.test(shown)) return;
      isTyped = true;
      // What the key sends: the terminal makes SIGINT of it, for every process in the foreground.
      keyboard.write('\u0003');
    },
  );
  assert.match(stdout, /It goes on in the background\. Wait again with: longhaul show --wait [0-9a-f-]{36}/);
  assert.match(stdout, /code 130/);
  const [record] = await home.json('list', '--status', 'running');
  assert.equal(record.url, url);
  await home.json('remove', record.id);
});

test('a reader that goes away is no failure', async () => {
  for (let index = 0; index < 3; index++)
    await home.json('download', `${slow.url}/pipe-${index}?size=${20 * mebibyte}`);
  const { stdout, stderr } = await shell('set -o pipefail; longhaul list --json | head -n 1; echo $?');
  assert.equal(stdout, '[\n0\n');
  assert.equal(stderr, '');
  const closed = await shell('longhaul list >&-; longhaul list --json 2>&- > /dev/null');
  assert.equal(closed.code, 0, closed.stderr);
});
