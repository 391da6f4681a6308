// The messages of the hub protocol (§6) as typed values. Every protocol parses into these and writes from these.
import type { HubServerError } from '../errors.ts';

export type HubMessage =
  | InvocationMessage
  | StreamItemMessage
  | CompletionMessage
  | StreamInvocationMessage
  | CancelInvocationMessage
  | PingMessage
  | CloseMessage
  | AckMessage
  | SequenceMessage;

/** What is said beside a call: trace context (`traceparent`, §14), and whatever else. Most messages have none. */
export type MessageHeaders = Readonly<Record<string, string>>;

export interface InvocationMessage {
  readonly type: 'invocation';
  readonly headers?: MessageHeaders | undefined;
  /** Missing: nobody waits for an answer. */
  readonly invocationId?: string | undefined;
  readonly target: string;
  readonly arguments: readonly unknown[];
  readonly streamIds?: readonly string[] | undefined;
  /** Read, never written: why there are no arguments. The call fails, the connection lives on (§8.2). */
  readonly bindingError?: HubServerError | undefined;
}

export interface StreamInvocationMessage {
  readonly type: 'stream-invocation';
  readonly headers?: MessageHeaders | undefined;
  readonly invocationId: string;
  readonly target: string;
  readonly arguments: readonly unknown[];
  readonly streamIds?: readonly string[] | undefined;
  /** Read, never written: why there are no arguments. The call fails, the connection lives on (§8.2). */
  readonly bindingError?: HubServerError | undefined;
}

export interface StreamItemMessage {
  readonly type: 'stream-item';
  readonly headers?: MessageHeaders | undefined;
  /** Of the stream invocation (server to client) or of the upload stream (client to server). */
  readonly invocationId: string;
  readonly item: unknown;
  /** Read, never written: why there is no item. The upload stream fails, the connection lives on (§8.6). */
  readonly bindingError?: HubServerError | undefined;
}

/** At most one of `error` and `result`; neither ends a stream. `result: null` is the answer of a void method. */
export interface CompletionMessage {
  readonly type: 'completion';
  readonly headers?: MessageHeaders | undefined;
  readonly invocationId: string;
  readonly error?: string | undefined;
  /** Present (also as `null`) when there is a result. */
  readonly result?: unknown;
  readonly hasResult: boolean;
}

export interface CancelInvocationMessage {
  readonly type: 'cancel-invocation';
  readonly headers?: MessageHeaders | undefined;
  readonly invocationId: string;
}

export interface PingMessage {
  readonly type: 'ping';
}

export interface CloseMessage {
  readonly type: 'close';
  readonly error?: string | undefined;
  readonly allowReconnect?: boolean | undefined;
}

export interface AckMessage {
  readonly type: 'ack';
  readonly sequenceId: number;
}

export interface SequenceMessage {
  readonly type: 'sequence';
  readonly sequenceId: number;
}

export const pingMessage: PingMessage = Object.freeze({ type: 'ping' });

export const resultCompletion = (invocationId: string, result: unknown): CompletionMessage => ({
  type: 'completion',
  invocationId,
  result: result ?? null,
  hasResult: true,
});

export const errorCompletion = (invocationId: string, error: string): CompletionMessage => ({
  type: 'completion',
  invocationId,
  error,
  hasResult: false,
});

export const endCompletion = (invocationId: string): CompletionMessage => ({
  type: 'completion',
  invocationId,
  hasResult: false,
});

/** True for the messages that stateful reconnect numbers: types 1 to 5 (§9). */
export function isNumbered({ type }: HubMessage): boolean {
  return type !== 'ping' && type !== 'close' && type !== 'ack' && type !== 'sequence';
}
