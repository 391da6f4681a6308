// `longhaul completion`: what bash, and where they are there zsh and fish, offer for real.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { CommandHome, errorsOf } from './command-home.ts';

const left = new AsyncDisposableStack();
after(() => left.disposeAsync());
const home = left.use(new CommandHome());
const scripts = { bash: '', zsh: '', fish: '' };
before(async () => {
  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    const { code, stdout } = await home.run(['completion', shell]);
    assert.equal(code, 0);
    scripts[shell] = home.file(`completion.${shell}`);
    writeFileSync(scripts[shell], stdout);
  }
});

const output = (program: string, ...args: string[]): string => {
  const { stdout, stderr, status } = spawnSync(program, args, { encoding: 'utf8', cwd: home.files });
  assert.deepEqual([stderr, status], ['', 0], `${program} ${args.join(' ')}`);
  return stdout;
};

/** What bash offers when Tab is pressed behind these words. */
function offered(...line: string[]): string[] {
  const words = ['longhaul', ...line].map(word => `'${word}'`).join(' ');
  const asked = `source ${scripts.bash}; COMP_WORDS=(${words}); COMP_CWORD=${line.length}; _longhaul`;
  return output('bash', '-c', `${asked}; printf '%s\\n' "\${COMPREPLY[@]}"`).split('\n').filter(Boolean);
}

test('bash offers commands, their verbs and their options, at whatever place, and no word of another command', () => {
  assert.deepEqual(offered('s'), ['show', 'sockets']);
  assert.deepEqual(offered('completi'), ['completion']);
  assert.deepEqual(offered('sockets', 'w'), ['watch']);
  assert.deepEqual(offered('--json', 'tasks', 'r'), ['runs']);
  assert.deepEqual(offered('tasks', 'runs', '--st'), ['--status']);
  assert.deepEqual(offered('sockets', 'remove', '--c'), ['--closed']);
  assert.deepEqual(offered('sockets', '--sta'), ['--status'], 'of the verb that it stands for');
  assert.deepEqual(offered('agent', ''), [
    ...['run', 'start', 'stop', 'restart', 'status'],
    ...['--json', '--quiet', '--no-color', '--help'],
  ]);
  assert.deepEqual(offered('show', 'sockets', 'w'), [], 'an id that is called as a command is none');
  assert.deepEqual(offered('download', '--header'), ['--header', '--header-file']);
});

test('every command of the help is among what is offered', async () => {
  const { stdout } = await home.run(['--help']);
  const [listed = ''] = stdout.slice(stdout.indexOf('Commands:')).split('Examples:');
  const named = [...listed.matchAll(/^ {2}([a-z]+)[ |]/gm)].map(([, name]) => name);
  const words = offered('');
  assert.ok(named.length > 12);
  for (const name of named) assert.ok(name === 'help' || words.includes(name!), `${name}`);
});

test('where names of files are wanted, bash offers them', () => {
  const registered = output('bash', '-c', `source ${scripts.bash}; complete -p longhaul`);
  assert.equal(registered, 'complete -o default -F _longhaul longhaul\n');
});

const has = (shell: string): boolean => spawnSync(shell, ['--version']).error === undefined;

test('zsh reads its script', { skip: has('zsh') ? false : 'needs zsh' }, () => {
  output('zsh', '-n', scripts.zsh);
  const loaded = `autoload -U compinit && compinit -D && source ${scripts.zsh} && print -r -- $_comps[longhaul]`;
  assert.equal(output('zsh', '-fc', loaded), '_longhaul\n');
});

test('fish offers commands and options with what they are for', { skip: has('fish') ? false : 'needs fish' }, () => {
  const ask = (line: string) => output('fish', '--no-config', '-c', `source ${scripts.fish}; complete -C '${line}'`);
  assert.match(ask('longhaul sock'), /^sockets\tParked sockets$/m);
  assert.match(ask('longhaul sockets w'), /^watch\tWatch sockets live$/m);
  assert.match(ask('longhaul tasks runs --sta'), /^--status\tonly these/m);
});

test('another shell is a usage error that names those there are', async () => {
  const ended = await home.run(['completion', '--json', 'csh']);
  assert.equal(ended.code, 2);
  assert.match(errorsOf(ended)[0]?.message ?? '', /bash, zsh, fish/);
});
