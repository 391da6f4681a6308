// The command line as a whole: global options, one command for each file in commands/, and what becomes of errors.
import { readFileSync } from 'node:fs';
import { LonghaulError } from '@longhaul/agent-protocol';
import { Command, CommanderError } from 'commander';
import { addAgentCommands } from './commands/agent/index.ts';
import { addAppCommands } from './commands/app/index.ts';
import { addCancel } from './commands/cancel.ts';
import { addCompletion } from './commands/completion.ts';
import { addDashboard } from './commands/dashboard.ts';
import { addDownload } from './commands/download.ts';
import { addLimit } from './commands/limit.ts';
import { addList } from './commands/list.ts';
import { addPause } from './commands/pause.ts';
import { addRemove } from './commands/remove.ts';
import { addResume } from './commands/resume.ts';
import { addRetry } from './commands/retry.ts';
import { addShow } from './commands/show.ts';
import { addSocketCommands } from './commands/sockets/index.ts';
import { addTaskCommands } from './commands/tasks/index.ts';
import { addWatch } from './commands/watch.ts';
import { type Action, CommandContext, type Run, type Surroundings } from './context.ts';
import { exitCodeOf } from './exit-codes.ts';
import { Output, type Streams } from './output/output.ts';
import { words } from './words.ts';

/** Runs one command line (without node and script) and gives its exit code. Throws nothing. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  let exitCode = 0;
  const run: Run =
    <Args extends unknown[]>(action: Action<Args>) =>
    async (...given: unknown[]) => {
      // The last argument is the command itself.
      const context = new CommandContext(surroundings, given.at(-1) as Command);
      exitCode = await action(context, ...(given.slice(0, -1) as Args));
    };
  const program = createProgram(run, surroundings);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    return tell(error, outputFor(args, surroundings), meantCommand(program, args));
  }
}

function createProgram(run: Run, { stdout, stderr }: Streams): Command {
  const program = new Command('longhaul');
  program
    .description(words.program)
    .option('--json', words.options.json)
    .option('-q, --quiet', words.options.quiet)
    .option('--no-color', words.options.color)
    .version(version(), '-V, --version', words.options.version)
    .helpOption('-h, --help', words.options.help)
    .addHelpText('after', words.programHelp)
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: text => void stdout.write(text),
      writeErr: text => void stderr.write(text),
      // Told by `tell`, as every other error.
      outputError: () => {},
    });
  addDownload(program, run);
  addList(program, run);
  addShow(program, run);
  addWatch(program, run);
  addPause(program, run);
  addResume(program, run);
  addCancel(program, run);
  addRetry(program, run);
  addRemove(program, run);
  addLimit(program, run);
  addSocketCommands(program, run);
  addTaskCommands(program, run);
  addDashboard(program, run);
  addAgentCommands(program, run);
  addAppCommands(program, run);
  addCompletion(program, run);
  return program;
}

const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** Parsing may have failed before the options were known. */
function outputFor(args: readonly string[], surroundings: Surroundings): Output {
  const end = args.indexOf('--');
  const options = end < 0 ? args : args.slice(0, end);
  return new Output(surroundings, {
    json: options.includes('--json') || options.includes('--ndjson'),
    quiet: false,
    color: !options.includes('--no-color'),
  });
}

/** `longhaul agent start`: the command whose help answers a usage error. */
function meantCommand(program: Command, args: readonly string[]): string {
  const names = [program.name()];
  let command: Command | undefined = program;
  for (const arg of args.filter(text => !text.startsWith('-'))) {
    command = command.commands.find(known => known.name() === arg || known.aliases().includes(arg));
    if (!command) break;
    names.push(command.name());
  }
  return names.join(' ');
}

function tell(error: unknown, output: Output, usage: string): number {
  if (!(error instanceof CommanderError)) {
    output.error(error);
    return exitCodeOf(error);
  }
  if (error.exitCode === 0) return 0;
  // Without any argument the help was printed already.
  if (error.code === 'commander.help') return 2;
  const message = error.message.replace(/^error: /, '');
  const told = new LonghaulError('invalid-argument', message, { cause: error });
  output.error(told);
  output.notice(words.tryHelp(usage));
  return exitCodeOf(told);
}
