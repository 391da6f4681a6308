// ACTS. The host's end of the wire: orders become runs, words about sockets go to the door, and what becomes of runs is said.
// Whatever user code throws, wherever it throws it, is the failure of its own run.
import type { Descriptor } from '@longhaul/agent/kernel';
import type { FromTaskHost, RunOrder } from '@longhaul/agent-protocol';
import { type AnySocketActivityInformation, socketInformationOfRun } from '../sockets/socket-activity-information.ts';
import type { SocketDoor } from '../sockets/socket-door.ts';
import { currentRun } from './current-run.ts';
import { parseFromAgent } from './order.ts';
import { printFor } from './printing.ts';
import { TaskFunctions } from './task-functions.ts';
import { type Failure, TaskRun } from './task-run.ts';

// Not by `import`, as in printing.ts.
const { inspect } = process.getBuiltinModule('node:util');
/** As long as the wire allows, with room for what tells that it is cut. */
const maxErrorText = 8_000;

export class TaskHost {
  readonly #say: (message: FromTaskHost) => void;
  readonly #door: SocketDoor;
  readonly #functions = new TaskFunctions();
  readonly #runs = new Map<string, { readonly run: TaskRun; readonly information: AnySocketActivityInformation }>();

  constructor(say: (message: FromTaskHost) => void, door: SocketDoor) {
    this.#say = say;
    this.#door = door;
  }

  /** A message of the agent. */
  received(bytes: Buffer, descriptors: readonly Descriptor[]): void {
    const heard = parseFromAgent(bytes.toString());
    if (heard === undefined) for (const descriptor of descriptors) descriptor[Symbol.dispose]();
    else if (heard.to === 'door') this.#door.received(heard.message, descriptors);
    else if (heard.message.type === 'run') this.#start(heard.message, descriptors[0]);
    else if (heard.message.type === 'ping') this.#say({ type: 'pong' });
    else {
      const { run, reason } = heard.message;
      const canceled = this.#runs.get(run)?.run;
      if (canceled !== undefined) currentRun.run(canceled, () => canceled.cancel(reason));
      this.#say({ type: 'heard', run });
    }
  }

  #start(order: RunOrder, descriptor: Descriptor | undefined): void {
    const information = socketInformationOfRun(this.#door, order, descriptor);
    const run = new TaskRun(order, { door: this.#door }, information, {
      progressed: ({ id }, value) => this.#say({ type: 'progress', run: id, value }),
      ended: (ended, failure) => this.#ended(ended, failure),
    });
    this.#runs.set(run.id, { run, information });
    void currentRun.run(run, () => run.start(this.#functions));
  }

  #ended(run: TaskRun, failure: Failure | undefined): void {
    const { id } = run;
    const information = this.#runs.get(id)?.information;
    this.#runs.delete(id);
    if (failure !== undefined) printFor(run, Buffer.from(`${inspect(failure.error)}\n`));
    // Before it is said: then the agent takes back what was not given back.
    information?.[Symbol.dispose]();
    const error = failure === undefined ? null : { message: messageOf(failure.error) };
    const hasFailedToLoad = failure?.isOfLoading ?? false;
    this.#say({ type: 'ended', run: id, error, printed: run.printedBytes, hasFailedToLoad });
  }

  /** Thrown or rejected where nobody caught it. */
  uncaught(error: unknown): void {
    const run = currentRun.getStore() ?? this.#onlyRun();
    if (run !== undefined && this.#runs.has(run.id)) run.fail(error);
    else process.stderr.write(`an error that belongs to no run: ${inspect(error)}\n`);
  }

  /** The process is ending, by user code if it is within a run. */
  exiting(code: number): void {
    const run = currentRun.getStore();
    if (run !== undefined) run.fail(new Error(`it ended its process with process.exit(${code})`));
  }

  /** With one run there is nobody else whose code it could be. */
  #onlyRun(): TaskRun | undefined {
    const [first, second] = this.#runs.values();
    return second === undefined ? first?.run : undefined;
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : `it threw ${inspect(error)}`;
  return text.length > maxErrorText ? `${text.slice(0, maxErrorText)}…` : text;
}
