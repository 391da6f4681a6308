// A client's connection with the types of its hub: a thin wrapper around the HubConnection of @microsoft/signalr.
// Pure, runs in browsers; the hub itself is named as a type only: `typedConnection<typeof chat>(connection)`.

import type { HubMethod } from './hub.ts';
import type { Loose } from './loose.ts';

/** As much of @microsoft/signalr's HubConnection as is needed. */
export interface ClientConnection {
  invoke<T = Loose>(methodName: string, ...args: Loose[]): Promise<T>;
  send(methodName: string, ...args: Loose[]): Promise<void>;
  stream<T = Loose>(methodName: string, ...args: Loose[]): ClientStream<T>;
  on(methodName: string, handler: (...args: Loose[]) => Loose): void;
  off(methodName: string, handler: (...args: Loose[]) => Loose): void;
}

/** @microsoft/signalr's IStreamResult: what `stream` gives and what upload parameters take (a `Subject`). */
export interface ClientStream<T> {
  subscribe(observer: { next(value: T): void; error(error: unknown): void; complete(): void }): { dispose(): void };
}

interface AnyTypedHub {
  readonly methods: unknown;
  readonly '~client'?: unknown;
}

type MethodsOf<Hub extends AnyTypedHub> = Hub['methods'];
type ClientOf<Hub extends AnyTypedHub> = NonNullable<Hub['~client']>;

type ArgsOf<M> =
  M extends HubMethod<Loose, Loose, infer Args, Loose>
    ? Args
    : M extends (call: Loose, ...args: infer Args) => unknown
      ? Args
      : never;

type ResultOf<M> =
  M extends HubMethod<Loose, Loose, Loose, infer Result>
    ? Awaited<Result>
    : M extends (...args: Loose[]) => infer Result
      ? Awaited<Result>
      : never;

/** What the server iterates over, the client subscribes to or uploads. */
type FromClient<Args> = {
  [Index in keyof Args]: Args[Index] extends AsyncIterable<infer Item> ? ClientStream<Item> : Args[Index];
};
type ClientArgs<M> = FromClient<ArgsOf<M>> extends infer Args extends readonly unknown[] ? Args : never;

type StreamItem<M> = ResultOf<M> extends AsyncIterable<infer Item> | Iterable<infer Item> ? Item : never;
/** A method that only throws has no result at all; it is no stream. */
type IsStream<Result> = [Result] extends [never] ? false : Result extends AsyncIterable<unknown> ? true : false;
/** What a handler may give back: anything where nobody asks for it. */
type Answer<Result> = undefined extends Awaited<Result> ? unknown : Result | Promise<Awaited<Result>>;
type StreamNames<Methods> = {
  [Name in keyof Methods]: IsStream<ResultOf<Methods[Name]>> extends true ? Name : never;
}[keyof Methods];

export interface TypedConnection<Hub extends AnyTypedHub> {
  /** Calls a method and waits for its result. */
  readonly invoke: {
    readonly [Name in Exclude<keyof MethodsOf<Hub>, StreamNames<MethodsOf<Hub>>>]: (
      ...args: ClientArgs<MethodsOf<Hub>[Name]>
    ) => Promise<ResultOf<MethodsOf<Hub>[Name]>>;
  };
  /** Calls a method without waiting; nobody hears of its failure. */
  readonly send: {
    readonly [Name in Exclude<keyof MethodsOf<Hub>, StreamNames<MethodsOf<Hub>>>]: (
      ...args: ClientArgs<MethodsOf<Hub>[Name]>
    ) => Promise<void>;
  };
  /** Calls a streaming method. */
  readonly stream: {
    readonly [Name in StreamNames<MethodsOf<Hub>>]: (
      ...args: ClientArgs<MethodsOf<Hub>[Name]>
    ) => ClientStream<StreamItem<MethodsOf<Hub>[Name]>>;
  };
  /** Handles what the server calls; gives a function that takes the handler off again. */
  readonly on: {
    readonly [Name in keyof ClientOf<Hub>]: ClientOf<Hub>[Name] extends (...args: infer Args) => infer Result
      ? (handler: (...args: Args) => Answer<Result>) => () => void
      : never;
  };
}

export function typedConnection<Hub extends AnyTypedHub>(connection: ClientConnection): TypedConnection<Hub> {
  const byName = (call: (name: string, args: unknown[]) => unknown): never =>
    new Proxy(Object.create(null), {
      get: (_target, name) =>
        typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined,
    }) as never;
  return {
    invoke: byName((name, args) => connection.invoke(name, ...args)),
    send: byName((name, args) => connection.send(name, ...args)),
    stream: byName((name, args) => connection.stream(name, ...args)),
    on: byName((name, [handler]) => {
      const listener = handler as (...args: unknown[]) => unknown;
      connection.on(name, listener);
      return () => connection.off(name, listener);
    }),
  };
}
