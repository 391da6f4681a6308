// The error table of the agent and everybody who talks to it. The code is the identity (stable, kebab-case);
// everything derived from a code (whose fault, exit code of the CLI, whether trying again helps, what to do) stands here once.

export type ErrorFault = 'caller' | 'peer' | 'network' | 'ours';

export interface ErrorFacts {
  /** Who has to change something. */
  readonly fault: ErrorFault;
  /** Exit code of the `longhaul` command (DESIGN "longhaul (CLI)"). */
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 28;
  /** True when the same call may succeed later without a change. */
  readonly isRetryable: boolean;
  /** What the reader can do about it, one sentence. */
  readonly fix: string;
}

const facts = (fault: ErrorFault, exitCode: ErrorFacts['exitCode'], isRetryable: boolean, fix: string): ErrorFacts =>
  Object.freeze({ fault, exitCode, isRetryable, fix });

export const errorTable = Object.freeze({
  // the call
  'invalid-argument': facts('caller', 2, false, 'Correct the argument that the message names.'),
  'invalid-url': facts('caller', 2, false, 'Give an absolute http: or https: URL.'),
  'unsupported-scheme': facts('caller', 2, false, 'Only http: and https: URLs can be downloaded.'),
  'invalid-header': facts(
    'caller',
    2,
    false,
    'Header names and values must be as RFC 9110 allows, without line breaks.',
  ),
  'not-found': facts(
    'caller',
    4,
    false,
    'List what there is: "longhaul list", "longhaul sockets", "longhaul tasks", "longhaul app list".',
  ),
  'illegal-state': facts('caller', 9, false, 'Look first at what it is now: that does not allow what was asked for.'),
  'already-exists': facts('caller', 9, false, 'Choose another id or remove the existing one.'),
  'quota-exceeded': facts('caller', 7, true, 'Remove finished operations or wait until some have ended.'),
  'access-denied': facts('caller', 6, false, 'Use the grant of the app that owns it.'),
  'operation-canceled': facts('caller', 1, false, 'It was canceled on request.'),
  'not-supported-here': facts(
    'caller',
    1,
    false,
    'Sockets and tasks need Linux on x64 or arm64 and the native module koffi: install without "--omit=optional".',
  ),
  detached: facts('caller', 1, false, 'Connect again and attach: what the agent does goes on.'),
  // sockets and tasks
  'pending-io': facts('caller', 9, true, 'Await "cancelIO(socket)" first: nothing may be read or written meanwhile.'),
  'tls-socket': facts(
    'caller',
    2,
    false,
    'A TLS session lives in its process: use a channel, whose TLS the agent ends.',
  ),
  'already-bound': facts('caller', 9, false, 'Call "enableTransferOwnership" before bind or connect.'),
  'not-enabled': facts('caller', 9, false, 'Call "enableTransferOwnership" before bind or connect, then transfer.'),
  'wake-unsupported': facts('caller', 1, false, 'This machine cannot be woken: enable with wake "do-not-wake".'),
  'wrong-kind': facts('caller', 2, false, 'Reclaim the socket as the kind that "kind" names.'),
  'stale-owner': facts('caller', 9, false, 'The socket was handed to somebody else since: forget it.'),
  'task-not-declared': facts('caller', 6, false, 'Declare the entry point under "tasks" in the app\'s manifest.'),
  'task-failed': facts('caller', 1, true, 'Mend what it threw; "longhaul tasks show RUN" has what it wrote.'),
  'task-died': facts(
    'caller',
    1,
    true,
    'See that nothing in it exits or crashes the process or uses up its memory; "longhaul tasks show RUN" has what it wrote last.',
  ),
  'task-late': facts(
    'caller',
    1,
    true,
    'End when "signal" aborts or "onCanceled" calls, and complete every deferral. Do less in one run: hand the socket back and let the next activity go on.',
  ),
  'task-stuck': facts(
    'caller',
    1,
    true,
    'Let no loop or synchronous call keep the process busy: await in between, or do such work in a worker or a child process.',
  ),
  // files
  'target-exists': facts('caller', 9, false, 'Choose another file, or collision "unique-name" or "replace".'),
  'target-not-writable': facts('caller', 6, false, 'Choose a folder this user may write to.'),
  'target-folder-missing': facts('caller', 4, false, 'Create the folder first.'),
  'unsafe-path': facts(
    'caller',
    6,
    false,
    'The path must not lead through a symbolic link at its end and must name a plain file.',
  ),
  'disk-full': facts('caller', 1, true, 'Free space on the target file system, then resume.'),
  'file-too-large': facts('caller', 1, false, 'The target file system cannot hold a file of this size.'),
  'integrity-failure': facts('peer', 8, true, 'The bytes are not those that the checksum names; check it, or retry.'),
  'file-changed': facts('caller', 8, false, 'The partial file was changed or replaced by somebody else; start again.'),
  // the peer and the way there
  'web-error': facts('peer', 1, true, 'The message and webErrorStatus say what the server or the network answered.'),
  timeout: facts('network', 28, true, 'Try again when the server answers faster.'),
  'wait-timeout': facts('caller', 28, true, 'Wait again with "longhaul show --wait ID", or give it more time.'),
  // agent and store
  'agent-not-reachable': facts('ours', 3, true, 'Start it with "longhaul agent start" and look at its log.'),
  'agent-already-running': facts(
    'caller',
    9,
    false,
    'One agent serves a store; stop the other with "longhaul agent stop".',
  ),
  'vault-lost': facts('ours', 1, false, 'The process that held the sockets has ended: connect to the peers again.'),
  'vault-silent': facts('ours', 3, true, 'Try again; when it stays so, the log of the agent says which process hangs.'),
  'store-unreadable': facts(
    'ours',
    1,
    false,
    'The store was left as it is; move it aside or restore a copy, then start again.',
  ),
  'store-newer': facts('caller', 1, false, 'The store was written by a newer Longhaul; use that version.'),
  'unsafe-folder': facts(
    'caller',
    6,
    false,
    'The folder must belong to this user and be closed to others (mode 0700).',
  ),
  'folder-not-writable': facts(
    'caller',
    6,
    false,
    "Let Longhaul's own folders (LONGHAUL_HOME, or the XDG folders) be where this user may write.",
  ),
  internal: facts('ours', 1, false, 'Please report it with the agent log.'),
});

export type ErrorCode = keyof typeof errorTable;

/** What an error may be about: each kind of thing has commands of its own. */
export const errorSubjects = ['transfer', 'socket', 'task', 'run', 'app'] as const;
export type ErrorSubject = (typeof errorSubjects)[number];

/** What to do where the kind of thing is known. */
const fixesOfSubjects: { readonly [C in ErrorCode]?: { readonly [S in ErrorSubject]?: string } } = {
  'not-found': {
    transfer: 'List what there is with "longhaul list".',
    socket: 'List what there is with "longhaul sockets".',
    task: 'List what there is with "longhaul tasks".',
    run: 'List what there is with "longhaul tasks runs".',
    app: 'List what there is with "longhaul app list".',
  },
  'illegal-state': {
    transfer: 'Look at its status with "longhaul show ID" first.',
    socket: 'Look at its status with "longhaul sockets show ID" first.',
    run: 'Look at its status with "longhaul tasks show RUN" first.',
  },
};

/** What the reader can do about an error: of its code, or of code and kind of thing, where that is known. */
export function fixOf(code: ErrorCode, subject?: unknown): string {
  const known = errorSubjects.find(one => one === subject);
  return (known === undefined ? undefined : fixesOfSubjects[code]?.[known]) ?? errorTable[code].fix;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(errorTable, value);
}

/** The one error class of agent, SDK and CLI. Match on `code`, never on the message. */
export class LonghaulError extends Error {
  override readonly name = 'LonghaulError';
  readonly code: ErrorCode;
  /** More facts for programs, JSON only: `{ webErrorStatus: 'timeout' }`, `{ subject: 'socket' }`. */
  readonly data: Readonly<Record<string, unknown>> | undefined;

  /** `subject`: the kind of thing it is about, as part of `data`. */
  constructor(
    code: ErrorCode,
    message: string,
    { cause, data, subject }: { cause?: unknown; data?: Record<string, unknown>; subject?: ErrorSubject } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.data = subject === undefined ? data : { ...data, subject };
  }

  get facts(): ErrorFacts {
    return { ...errorTable[this.code], fix: fixOf(this.code, this.data?.subject) };
  }
}
