// The methods of one hub as the dispatcher needs them, built once. Only own enumerable properties of the object literal
// are callable; names are looked up without regard to case (§8.1).
import { HubServerError } from '../errors.ts';
import {
  type AnyHubDefinition,
  type AnyHubFunction,
  type AnyMethodOptions,
  type AnyPolicy,
  HubMethod,
} from '../hub.ts';
import { listPolicies } from './authorization.ts';

export interface MethodDescriptor extends AnyMethodOptions {
  readonly name: string;
  readonly fn: AnyHubFunction;
  /** Returns a stream: called with type 4 only. */
  readonly isStreaming: boolean;
  /** All of them must admit a call. */
  readonly policies: readonly AnyPolicy[];
}

export type MethodTable = ReadonlyMap<string, MethodDescriptor>;

/** Throws `invalid-hub`. */
export function createMethodTable(hub: AnyHubDefinition): MethodTable {
  const table = new Map<string, MethodDescriptor>();
  for (const [key, value] of Object.entries(hub.methods)) {
    const descriptor = describe(key, value);
    const lookup = descriptor.name.toLowerCase();
    const other = table.get(lookup);
    if (other !== undefined) {
      throw new HubServerError(
        'invalid-hub',
        `Hub methods '${other.name}' and '${descriptor.name}' have the same name to a client.`,
      );
    }
    table.set(lookup, descriptor);
  }
  return table;
}

export function findMethod(table: MethodTable, target: string): MethodDescriptor | undefined {
  return table.get(target) ?? table.get(target.toLowerCase());
}

function describe(key: string, value: unknown): MethodDescriptor {
  const { options, fn } =
    value instanceof HubMethod ? value : { options: {} as AnyMethodOptions, fn: value as AnyHubFunction };
  if (typeof fn !== 'function') {
    throw new HubServerError('invalid-hub', `Hub method '${key}' is neither a function nor made by method().`);
  }
  const { streams, args } = options;
  const parameters = (args?.length ?? 0) + (streams?.length ?? 0);
  const isPosition = (at: number): boolean =>
    Number.isInteger(at) && at >= 0 && (args === undefined || at < parameters);
  if (streams !== undefined && (new Set(streams).size < streams.length || !streams.every(isPosition))) {
    throw new HubServerError(
      'invalid-hub',
      `Hub method '${key}' has stream positions that do not fit: ${streams.join(', ')}.`,
    );
  }
  const isStreaming = options.streaming ?? isGenerator(fn);
  return { ...options, name: options.name ?? key, fn, isStreaming, policies: listPolicies(options.authorize) };
}

function isGenerator(fn: AnyHubFunction): boolean {
  const kind = Object.prototype.toString.call(fn);
  return kind === '[object AsyncGeneratorFunction]' || kind === '[object GeneratorFunction]';
}
