// Defining a hub: an object literal of methods, typed by what its clients can be told. Nothing runs here; the dispatcher
// reads the definition.

import type { HubCall } from './call.ts';
import type { HubInvocation } from './hub-filter.ts';
import type { Loose } from './loose.ts';
import type { SchemaOutput, StandardSchema } from './standard-schema.ts';

/** Who is at the other end. `id` is what `clients.user(id)` and `call.userIdentifier` go by; add what you know. */
export interface HubUser {
  readonly id?: string | undefined;
}

/** Clients whose methods nobody has declared: any name, any arguments. */
export type AnyClient = Record<string, (...args: Loose[]) => Loose>;

export type HubFunction<Client extends object, User extends HubUser> = (
  call: HubCall<Client, User>,
  ...args: Loose[]
) => unknown;

/**
 * Decides about one call: who calls (`call.user`, …) and what, `resource.method` with the bound `resource.args`. Only
 * `true` (or a promise of it) lets it through.
 */
export type HubPolicy<Client extends object = Loose, User extends HubUser = HubUser> = (
  call: HubCall<Client, User>,
  resource: HubInvocation<User>,
) => boolean | Promise<boolean>;

export interface MethodOptions<Client extends object, User extends HubUser, Schemas extends readonly StandardSchema[]> {
  /** What clients call it; default: the name of the property. */
  readonly name?: string;
  /**
   * One Standard Schema (valibot, zod, arktype, …) for each argument; the method gets their output. The number of
   * arguments must be exact. Without: arguments arrive as the client sent them, unchecked.
   */
  readonly args?: Schemas;
  /**
   * One Standard Schema for the items of each upload stream, in the order of the streams; the method reads their output. An
   * item that does not fit ends its stream: reading it throws `Failed to bind Stream message.` Without: items unchecked.
   */
  readonly items?: readonly StandardSchema[];
  /** Where upload streams stand among the parameters after `call`, from 0. Default: after the arguments. */
  readonly streams?: readonly number[];
  /** True: it returns a stream (an async iterable) although it is not a generator function. */
  readonly streaming?: boolean;
  /**
   * One policy or several, all of which must admit the call; asked after the hub's own and after the arguments were
   * bound. Else the call fails with `Failed to invoke 'X' because user is unauthorized`.
   */
  readonly authorize?: HubPolicy<Client, User> | readonly HubPolicy<Client, User>[];
}

/** A method with options. Made by `method()`. */
export class HubMethod<Client extends object, User extends HubUser, Args extends readonly unknown[], Result> {
  readonly options: MethodOptions<Client, User, readonly StandardSchema[]>;
  readonly fn: (call: HubCall<Client, User>, ...args: Args) => Result;

  constructor(
    options: MethodOptions<Client, User, readonly StandardSchema[]>,
    fn: (call: HubCall<Client, User>, ...args: Args) => Result,
  ) {
    this.options = options;
    this.fn = fn;
  }
}

export type SchemaOutputs<Schemas extends readonly StandardSchema[]> = {
  -readonly [Index in keyof Schemas]: SchemaOutput<Schemas[Index]>;
};

/**
 * A hub method with a name, validated arguments, authorization, or streams in other places. With `args` (and without
 * `streams`) the parameters are typed by the schemas; upload streams follow them.
 */
export function method<
  Client extends object,
  User extends HubUser,
  const Schemas extends readonly StandardSchema[],
  Result,
>(
  options: MethodOptions<Client, User, Schemas> & { readonly args: Schemas; readonly streams?: undefined },
  fn: (call: HubCall<Client, User>, ...args: [...SchemaOutputs<Schemas>, ...AsyncIterable<Loose>[]]) => Result,
): HubMethod<Client, User, [...SchemaOutputs<Schemas>, ...AsyncIterable<Loose>[]], Result>;
export function method<Client extends object, User extends HubUser, Args extends readonly unknown[], Result>(
  options: MethodOptions<Client, User, readonly StandardSchema[]>,
  fn: (call: HubCall<Client, User>, ...args: Args) => Result,
): HubMethod<Client, User, Args, Result>;
export function method(
  options: MethodOptions<never, never, readonly StandardSchema[]>,
  fn: (call: HubCall<never, never>, ...args: never[]) => unknown,
): HubMethod<never, never, never[], unknown> {
  return new HubMethod(Object.freeze({ ...options }), fn);
}

export type HubMethods<Client extends object, User extends HubUser> = Readonly<
  Record<string, HubFunction<Client, User> | HubMethod<Client, User, Loose, Loose>>
>;

export interface HubDefinition<Client extends object, User extends HubUser, Methods> {
  /** In logs, and on a shared backplane. Default: `hub`. */
  readonly name?: string;
  /** What clients can call: the own properties of this object and nothing else. */
  readonly methods: Methods;
  /** Policies for every method of this hub, before the method's own. Whether one may connect is for `map`'s `authorize`. */
  readonly authorize?: HubPolicy<Client, User> | readonly HubPolicy<Client, User>[];
  /** Before the first message is read. Throwing closes the connection (§8.4). */
  readonly onConnected?: (call: HubCall<Client, User>) => unknown;
  /** After the last message. `error` is undefined when the end was wanted (§8.4). */
  readonly onDisconnected?: (call: HubCall<Client, User>, error: Error | undefined) => unknown;
  /** Types only: carries what clients can be told. */
  readonly '~client'?: Client;
  readonly '~user'?: User;
}

/**
 * Defines a hub whose clients have the methods of `Client` (and, with the second type argument, a user of your own).
 * The empty call in between lets the methods' types be inferred: `defineHub<ChatClient>()({ methods: { … } })`.
 */
export function defineHub<Client extends object = AnyClient, User extends HubUser = HubUser>() {
  return <Methods extends HubMethods<Client, User>>(
    hub: HubDefinition<Client, User, Methods>,
  ): HubDefinition<Client, User, Methods> => Object.freeze(hub);
}

export type AnyHubDefinition = HubDefinition<Loose, Loose, Loose>;
export type AnyPolicy = HubPolicy<Loose, Loose>;
export type AnyHubFunction = (call: Loose, ...args: Loose[]) => unknown;
export type AnyMethodOptions = MethodOptions<Loose, Loose, readonly StandardSchema[]>;
