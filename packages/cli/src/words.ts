// Every word the command says to people: what commands and options are for, states, notices. Messages of errors come from
// where they are thrown, and what to do about them from the error table.
import type {
  CancellationReason,
  RunStatus,
  SocketKind,
  SocketReason,
  SocketStatus,
  StandbyAction,
  TransferRecord,
  TransferStatus,
  TriggerType,
} from '@longhaul/agent-protocol';

export const statusWords: Readonly<Record<TransferStatus, string>> = {
  idle: 'not started',
  running: 'running',
  'paused-by-application': 'paused',
  'paused-costed-network': 'waiting: network costs',
  'paused-no-network': 'waiting: no network',
  'paused-system-policy': 'held by policy',
  'paused-recoverable-web-error': 'waiting for its app',
  completed: 'completed',
  canceled: 'canceled',
  error: 'failed',
};

/** A started operation that is idle waits for a free slot, or for its next attempt. */
export const statusOf = (record: TransferRecord): string =>
  record.status === 'idle' && record.isStarted ? 'waiting' : statusWords[record.status];

export const words = {
  program:
    'Networking that outlives your shell: a background agent carries downloads on and holds the sockets of apps that are gone.',
  programHelp: `
Examples:
  longhaul download https://example.org/film.mp4           hand it over and be done
  longhaul download --wait -o film.mp4 https://example.org/f   stay until it is there
  longhaul list                                            what there is
  longhaul show 3f2a                                       one of them, by the beginning of its id
  longhaul watch                                           all of them, live
  longhaul sockets                                         connections of apps that are gone
  longhaul tasks runs --status failed                      which of their tasks went wrong

Data goes to stdout, progress and notices to stderr. With --json stdout is one JSON value, and an error is one JSON
object on stderr: {"error":{"code","message","fix"}}.

Exit codes: 0 ok · 1 other · 2 usage · 3 agent not reachable · 4 not found · 5 some failed · 6 denied ·
7 held by policy · 8 integrity · 9 exists · 28 timeout · 130/143 signals

Environment: LONGHAUL_HOME (everything in one folder), LONGHAUL_HEADERS (request headers), NO_COLOR`,
  options: {
    json: 'print JSON on stdout',
    quiet: 'no notices and no progress',
    color: 'no colours (as NO_COLOR)',
    version: 'print the version',
    help: 'explain the command',
    all: 'all of them',
    wait: 'stay until the transfer ends; Ctrl-C leaves it running',
    timeout: 'with --wait: give up waiting after this time, exit code 28 (90, 90s, 5m, 2h)',
    progress: 'what --wait shows on stderr',
  },
  download: {
    about: 'Hand downloads to the agent. Returns as soon as they are durable; the agent is started when none runs.',
    urls: 'http: or https:',
    output: 'target file (one URL only)',
    remoteName: "name the file after the URL's last path segment (the default)",
    folder: 'folder for the file, from the current one',
    header: 'request header, repeatable; not for secrets, which every user of the machine can read there',
    headerFile: 'file with one header a line, - for stdin; for secrets',
    collision: 'when the target exists',
    limitRate: 'bytes a second for each of them: 500K, 2M (powers of 1024)',
    checksum: 'what the file must be, sha-256=HEX or sha-512=HEX (one URL only); exit code 8 with --wait if it is not',
    help: `
Headers with secrets belong in a file or in the environment, never in arguments:
  longhaul download --header-file ~/.config/site-token https://example.org/film.mp4
  pass show site/header | longhaul download --header-file - https://example.org/film.mp4
  LONGHAUL_HEADERS='Authorization: Bearer …' longhaul download https://example.org/film.mp4

Examples:
  longhaul download https://example.org/a.iso https://example.org/b.iso -d ~/isos
  longhaul download --wait --json https://example.org/a.iso | jq -r .file`,
  },
  list: { about: 'List transfers, finished ones until they are removed.', status: 'only these, separated by commas' },
  show: { about: 'Show one transfer.' },
  watch: {
    about: 'Watch transfers live, all of them or those named. Ctrl-C ends the watching, never a transfer.',
    ndjson: 'print one JSON record a line for every change; a removal is {"id","removed":true}',
    untilDone: 'end when all have ended; exit code 5 when some failed',
    running: 'running',
    more: (count: number) => `+${count} more`,
    away: 'The agent is away; looking for it. What you see is how it was.',
    lost: 'The agent is away; looking for it.',
    found: 'The agent is back.',
    removed: 'removed',
    help: `
Without a terminal it prints a line for every change of status, and every five seconds of what runs. Ctrl-C ends with
exit code 0, with --until-done (the end has not come) with 130. --json means --ndjson here.

Examples:
  longhaul watch
  longhaul watch 3f2a 9bc1
  longhaul watch --until-done && systemctl suspend
  longhaul watch --ndjson | jq -r 'select(.status == "error") | .url'`,
  },
  retry: { about: 'Start anew what failed or was canceled, under the same id.', failed: 'all that failed' },
  limit: {
    about: 'Show or set the limits of all transfers together, or the rate of one; takes effect at once and is kept.',
    rate: 'bytes a second: 500K, 2M (powers of 1024); none takes the limit away',
    maxActive: 'how many run at the same time (1 to 256); those that run already go on to their end',
    transfer: 'the rate of this transfer instead (id, or its beginning)',
    none: 'no limit',
    active: (count: number) => `${count} at the same time`,
    help: `
Examples:
  longhaul limit 2M
  longhaul limit --max-active 4
  longhaul limit --transfer 3f2a 500K
  longhaul limit none`,
  },
  pause: { about: 'Pause downloads. What was received stays.' },
  resume: { about: 'Go on with paused downloads.' },
  cancel: { about: 'Cancel transfers and take away what was received. A second time it does nothing.' },
  remove: {
    about: 'Take transfers off the list, canceling unfinished ones. Completed files stay.',
    finished: 'all that have ended',
  },
  sockets: {
    about: 'Parked sockets: connections that the agent holds for apps that are gone.',
    list: 'List them: who owns what, since when, when a task was woken last, and why it is over.',
    show: 'Show one socket, with the last runs of its task.',
    watch: 'Watch sockets live. Ctrl-C ends the watching, never a connection.',
    ndjson: 'print one JSON record a line for every change; a removal is {"app","id","removed":true}',
    remove: 'End connections and forget their sockets; those that are over are just forgotten.',
    app: 'only those of this app',
    closed: 'all that are orphaned or closed',
    idArgument: 'id as its app chose it, or its beginning when that is unique',
    help: `
A socket is parked (the agent holds it and starts its task when something happens), about to wake its task, lent to a task
or to its app, orphaned (a task ended without giving it back) or closed. The last two stay until they are removed.

Examples:
  longhaul sockets
  longhaul sockets show --app com.example.chat room-1
  longhaul sockets watch                                   live
  longhaul sockets remove --closed`,
    kinds: {
      'stream-socket': 'stream',
      'datagram-socket': 'datagram',
      'stream-socket-listener': 'listener',
    } satisfies Record<SocketKind, string>,
    statuses: {
      parked: 'parked',
      signalled: 'waking its task',
      lent: 'with its task',
      orphaned: 'orphaned',
      closed: 'closed',
    } satisfies Record<SocketStatus, string>,
    lentToApp: 'with its app',
    /** Parked, and nobody is woken for it. */
    paused: 'paused',
    nextTry: (time: string) => `next try in ${time}`,
    /** What a person can do about a status; nothing where all is well. */
    dueTo: {
      parked: undefined,
      signalled: undefined,
      lent: undefined,
      orphaned:
        'the app connects anew and hands over again; its task must give the socket back (or close it) before it ends',
      closed: 'its task was told; the app connects anew and hands over again',
    } satisfies Record<SocketStatus, string | undefined>,
    failing:
      'mend its task: "longhaul tasks show RUN" says why a run failed, their ids are below; one that is woken for data reads it',
    standby: {
      wake: 'wakes the machine',
      'do-not-wake': 'does not wake the machine',
    } satisfies Record<StandbyAction, string>,
    neverWoken: 'never',
    at: (address: string) => `at ${address}`,
    holder: (pid: number, run: string | null) =>
      run === null ? `process ${pid}, of its app` : `process ${pid}, for run ${run}`,
    noTask: (id: string) => `${id}, which is no longer registered: nothing can be started for this socket`,
    times: (count: number) => (count === 1 ? 'once' : `${count} times`),
    keepAlive: (time: string) => `every ${time}`,
    runs: 'Last runs for this socket:',
  },
  tasks: {
    about: 'Background tasks of apps, and their runs.',
    list: 'List what is registered: which code is started by what, and how it went.',
    show: 'Show a task with its newest runs, or a run: what started it, how it ended, why it failed, what it wrote.',
    runs: 'List runs, newest first, at most 1,000.',
    watch: 'Watch tasks and their runs live. Ctrl-C ends the watching, never a run.',
    ndjson:
      'print one JSON record a line for every change, of a task or of a run (which has an "id"); a task that is unregistered is {"taskId","removed":true}',
    registered: 'registered',
    unregistered: 'unregistered',
    cancel: 'Tell runs to end; whatever is left of one after its grace is killed.',
    app: 'only those of this app',
    task: 'only runs of this task (id, or its beginning)',
    status: 'only these, separated by commas',
    all: 'all that are not over',
    idArgument: 'id of a task or of a run, or its beginning when that is unique',
    runArgument: 'id of a run, or its beginning when that is unique',
    help: `
Examples:
  longhaul tasks
  longhaul tasks runs --status failed
  longhaul tasks show 3f2a                                 a task or a run, by the beginning of its id
  longhaul tasks watch --ndjson | jq -r 'select(.status == "failed") | .error.message'
  longhaul tasks cancel 3f2a`,
    triggers: { 'socket-activity': 'parked socket' } satisfies Record<TriggerType, string>,
    statuses: {
      queued: 'queued',
      running: 'running',
      canceling: 'told to end',
      completed: 'completed',
      failed: 'failed',
      canceled: 'canceled',
    } satisfies Record<RunStatus, string>,
    reasons: {
      'socket-activity': (socket: string) => `data on ${socket}`,
      'connection-accepted': (socket: string) => `connection at ${socket}`,
      'keep-alive-timer-expired': (socket: string) => `keep-alive of ${socket}`,
      'socket-closed': (socket: string) => `end of ${socket}`,
    } satisfies Record<SocketReason, (socket: string) => string>,
    cancellations: {
      abort: 'on request, or with its registration',
      terminating: 'the agent ended',
      uninstall: 'its app was unregistered',
      'execution-time-exceeded': 'it took longer than a task may',
    } satisfies Record<CancellationReason, string>,
    never: 'never',
    tried: (count: number) => `try ${count}`,
    attempt: (count: number) => `${count}: it was started again under the same id`,
    counts: (completed: number, failed: number) => `${completed} ended well, ${failed} failed`,
    noun: ['task or run', 'tasks or runs', 'task'],
    runNoun: ['run', 'runs', 'run'],
    newest: 'Newest runs:',
    log: 'What it wrote:',
    noLog: 'It wrote nothing.',
  },
  dashboard: { about: 'Print a link to the dashboard. It works once, within 60 seconds.' },
  agent: {
    about: 'The background agent of this user.',
    run: 'Serve in the foreground, until Ctrl-C or SIGTERM; for service managers.',
    start: 'Start the agent when none runs.',
    stop: 'Stop agent and keeper, and wait until they are gone. Transfers go on at the next start.',
    restart: 'Start the agent anew; nothing is lost, sockets stay open.',
    status: 'Say whether an agent runs (exit code 3 when none does). Starts none.',
  },
  app: {
    about: 'Apps that may use the agent in their own name.',
    register:
      'Register an app from its manifest, a JSON file { "id", "name", "tasks" }, - for stdin; again to change what it says, or after an upgrade of its code.',
    unregister: 'Forget an app, with everything it left in the agent.',
    list: 'List registered apps.',
  },
  completion: {
    about: 'Print what makes a shell complete the words of this command.',
    help: `
Examples:
  source <(longhaul completion bash)                       in ~/.bashrc; zsh alike, in ~/.zshrc after compinit
  longhaul completion fish > ~/.config/fish/completions/longhaul.fish`,
  },
  idArgument: 'id, or its beginning when that is unique',
  notices: {
    handedOver: (ids: readonly string[]) =>
      ids.length === 1
        ? `The agent carries it on. Look at it with: longhaul show ${ids[0]}`
        : `The agent carries them on. Look at them with: longhaul list`,
    leftRunning: (ids: readonly string[]) =>
      ids.length === 1
        ? `It goes on in the background. Wait again with: longhaul show --wait ${ids[0]}`
        : `They go on in the background. Look at them with: longhaul list`,
    timedOut: (timeout: string, unfinished: readonly string[]) =>
      unfinished.length === 1
        ? `not ended after ${timeout}: it is ${unfinished[0]}, and stays with the agent`
        : `${unfinished.length} have not ended after ${timeout}; they stay with the agent`,
    secretInArguments: (name: string) =>
      `The value of ${name} stands in the arguments, where every user of this machine can read it; use --header-file.`,
    serving: (socketPath: string) => `Serving at ${socketPath}`,
    noAgent: 'No agent runs.',
    stopped: 'The agent has stopped.',
    noTransfers: 'No transfers.',
    noneMatches: 'No transfer is in such a state.',
    noApps: 'No apps are registered.',
    noSockets: 'No sockets are parked.',
    noSuchSockets: 'No socket is of that app or in such a state.',
    noTasks: 'No tasks are registered.',
    noRuns: 'No runs.',
    noSuchRuns: 'No run is of that kind.',
    removedSocket: (app: string, id: string) => `Removed ${id} of ${app}.`,
    removed: (id: string) => `Removed ${id}.`,
    unregistered: (id: string) => `Unregistered ${id}.`,
  },
  tryHelp: (command: string) => `Try: ${command} --help`,
} as const;
