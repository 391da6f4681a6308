// How descriptors travel between the agent and an app or task host: one JSON text in each message of a SEQPACKET Unix socket,
// with the descriptor it is about. An app connects to the door and says hello with its grant; a host is born with its channel.
// Parsed once at either end. Bytes are base64.
import * as v from 'valibot';
import { isErrorCode } from './errors.ts';
import { keepAliveRangeMs, maxContextBytes, maxLeftoverBytes } from './socket-limits.ts';
import { SocketId, socketKinds } from './sockets.ts';
import { cancellationReasons, EntryPoint, RunId, socketReasons, TaskId, triggerTypes } from './tasks.ts';
import { standbyActions } from './words.ts';

const base64 = (maxBytes: number) =>
  v.pipe(v.string(), v.maxLength(Math.ceil(maxBytes / 3) * 4), v.regex(/^[A-Za-z0-9+/]*={0,2}$/, 'not base64'));
const Request = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const Key = v.pipe(v.string(), v.uuid(), v.toLowerCase());
const Lease = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Context = v.nullable(base64(maxContextBytes));
const Leftover = v.nullable(base64(maxLeftoverBytes));
const KeepAlive = v.nullable(
  v.pipe(v.number(), v.safeInteger(), v.minValue(keepAliveRangeMs.min), v.maxValue(keepAliveRangeMs.max)),
);

/** First from an app; within 5 s. */
const Hello = v.strictObject({ type: v.literal('hello'), token: v.pipe(v.string(), v.maxLength(256)) });

/**
 * TransferOwnership (SB-22..SB-24), with the descriptor. `key` is made by the sender and names this hand-over for ever: said
 * again with the same key it gives the same answer. Another socket of the app under `socketId` is refused while it lives.
 */
const Transfer = v.strictObject({
  type: v.literal('transfer'),
  request: Request,
  key: Key,
  socketId: SocketId,
  taskId: TaskId,
  kind: v.picklist(socketKinds),
  wake: v.picklist(standbyActions),
  context: Context,
  leftover: Leftover,
  keepAliveMs: KeepAlive,
});

/** Hands back what was lent (SB-35). The agent has a duplicate: no descriptor travels. `context: undefined` keeps it. */
const Return = v.strictObject({
  type: v.literal('return'),
  request: Request,
  key: Key,
  lease: Lease,
  context: v.optional(Context),
  leftover: Leftover,
  keepAliveMs: v.optional(KeepAlive),
  /** Of a task that was woken for what had come: it has read nothing of it, accepted nobody, and left what was left before. */
  isUntouched: v.optional(v.boolean()),
});

/** Take it over (SB-33, SB-34): a parked socket of the app, of this kind. Answered by `lent`. */
const Reclaim = v.strictObject({
  type: v.literal('reclaim'),
  request: Request,
  socketId: SocketId,
  kind: v.picklist(socketKinds),
});

/** The owner has closed it: the connection ends, whoever has a duplicate. */
const Close = v.strictObject({ type: v.literal('close'), request: Request, key: Key, lease: Lease });

/** After a new connection to the door: I still have it. Answered `done`, or refused with `stale-owner`. */
const Resume = v.strictObject({ type: v.literal('resume'), request: Request, key: Key, lease: Lease });

/** Of a host that nobody needs yet: it has loaded what its first task will want, and waits for its first word. */
const Waiting = v.strictObject({ type: v.literal('waiting') });
/** Of a host: it can take runs. */
const Ready = v.strictObject({ type: v.literal('ready') });
/** To a `ping`. */
const Pong = v.strictObject({ type: v.literal('pong') });
const Progress = v.strictObject({
  type: v.literal('progress'),
  run: RunId,
  value: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffffffff)),
});
/** To a cancellation: the run's handlers have been told. A host that never says it has no time for anything. */
const Heard = v.strictObject({ type: v.literal('heard'), run: RunId });
/** `run` has returned and every deferral is complete. */
const Ended = v.strictObject({
  type: v.literal('ended'),
  run: RunId,
  error: v.nullable(v.strictObject({ message: v.pipe(v.string(), v.maxLength(8_192)) })),
  /** Bytes that the host has printed for it: they come another way, and may come later. */
  printed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** The error is that its module, or the function in it, could not be had: in this host that stays so. */
  hasFailedToLoad: v.optional(v.boolean(), false),
});

/** What an app may say. */
export const ToSocketDoor = v.variant('type', [Hello, Transfer, Return, Reclaim, Close, Resume]);
export type ToSocketDoor = v.InferOutput<typeof ToSocketDoor>;

/** What a host says about its runs; the rest of its words are those of an app. */
export const FromTaskHost = v.variant('type', [Waiting, Ready, Pong, Progress, Heard, Ended]);
export type FromTaskHost = v.InferOutput<typeof FromTaskHost>;

/** A socket in somebody's hands: only the last lease counts. */
const LentSocket = v.strictObject({
  key: Key,
  lease: Lease,
  socketId: SocketId,
  taskId: TaskId,
  kind: v.picklist(socketKinds),
  wake: v.picklist(standbyActions),
  context: Context,
  leftover: Leftover,
  keepAliveMs: KeepAlive,
});
export type LentSocket = v.InferOutput<typeof LentSocket>;

/** What is left of a socket whose connection is over: with the context of its last hand-over (SB-43). */
const ClosedSocket = v.strictObject({ kind: v.picklist(socketKinds), context: Context });
export type ClosedSocket = v.InferOutput<typeof ClosedSocket>;

const Done = v.strictObject({ type: v.literal('done'), request: Request });
/** With the descriptor. */
const Lent = v.strictObject({ type: v.literal('lent'), request: Request, socket: LentSocket });
/** `request` 0: the hello, or something that could not be read; the connection ends. */
const Refused = v.strictObject({
  type: v.literal('refused'),
  request: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  code: v.custom<import('./errors.ts').ErrorCode>(isErrorCode, 'not an error code'),
  message: v.string(),
});
/** The agent took the token. */
const Welcome = v.strictObject({ type: v.literal('welcome') });

/** The first word to every host: whose it is from now on. Its tasks work in this folder, an absolute path. */
const Serve = v.strictObject({ type: v.literal('serve'), folder: v.string() });

/** To a host: start it. Either with the descriptor and `socket`, or without a descriptor and `closed`. */
const Run = v.strictObject({
  type: v.literal('run'),
  run: RunId,
  attempt: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  task: v.strictObject({ taskId: TaskId, name: v.string(), entryPoint: EntryPoint, trigger: v.picklist(triggerTypes) }),
  reason: v.picklist(socketReasons),
  socketId: SocketId,
  socket: v.nullable(LentSocket),
  closed: v.nullable(ClosedSocket),
});
/** Ends within `graceMs` (TI-20), or its host is killed. */
const Cancel = v.strictObject({
  type: v.literal('cancel'),
  run: RunId,
  reason: v.picklist(cancellationReasons),
  graceMs: v.number(),
});

/** Does it hear? */
const Ping = v.strictObject({ type: v.literal('ping') });

export const FromSocketDoor = v.variant('type', [Welcome, Done, Lent, Refused]);
export type FromSocketDoor = v.InferOutput<typeof FromSocketDoor>;
/** To a host that has not heard `serve`. */
export const ToNewHost = Serve;
export type ToNewHost = v.InferOutput<typeof ToNewHost>;
export const ToTaskHost = v.variant('type', [Run, Cancel, Ping]);
export type ToTaskHost = v.InferOutput<typeof ToTaskHost>;
export type RunOrder = v.InferOutput<typeof Run>;
