// From what a client sent to the parameters of a hub method: how many upload streams it takes and where they stand,
// how many arguments, and what the schemas say about them. Decides only.
import { HubServerError } from '../errors.ts';
import { HubError } from '../hub-error.ts';
import { itemBindingFailed } from '../protocol/error-text.ts';
import type { StandardIssue, StandardResult, StandardSchema } from '../standard-schema.ts';
import type { MethodDescriptor } from './method-table.ts';

/** How many upload streams the method takes when it is called with `argumentCount` ordinary arguments. */
export function expectedStreamCount(method: MethodDescriptor, argumentCount: number): number {
  // Without positions the streams fill the declared parameters that the arguments leave free; `call` is the first one.
  return method.streams?.length ?? Math.max(0, method.fn.length - 1 - (method.args?.length ?? argumentCount));
}

/** Throws (or rejects with) `invalid-arguments` or a HubError that names what does not fit. */
export function bindArguments(
  method: MethodDescriptor,
  args: readonly unknown[],
  streams: readonly unknown[],
): readonly unknown[] | Promise<readonly unknown[]> {
  if (method.args === undefined) return placeStreams(args, streams, method.streams);
  if (args.length !== method.args.length) {
    throw new HubServerError(
      'invalid-arguments',
      `Invocation provides ${args.length} argument(s) but target expects ${method.args.length}.`,
    );
  }
  const results = method.args.map((schema, position) => schema['~standard'].validate(args[position]));
  if (!results.some(result => result instanceof Promise)) {
    return placeStreams((results as StandardResult<unknown>[]).map(validValue), streams, method.streams);
  }
  return Promise.all(results).then(settled => placeStreams(settled.map(validValue), streams, method.streams));
}

function validValue(result: StandardResult<unknown>, position: number): unknown {
  if (result.issues !== undefined) throw argumentError(position, result.issues);
  return result.value;
}

/** The caller may always read what is wrong with its own arguments: the words come from the schema. */
function argumentError(position: number, issues: readonly StandardIssue[]): HubError {
  const readable = readableIssues(issues, [position]);
  const first = readable[0]?.message ?? 'not valid';
  return new HubError(`Error binding arguments. Argument ${position + 1}: ${first}`, {
    code: 'invalid-arguments',
    data: { issues: readable },
  });
}

/** One item of an upload stream as the method reads it. Throws (or rejects with) a HubError that says what does not fit. */
export function bindItem(schema: StandardSchema, item: unknown): unknown {
  const result = schema['~standard'].validate(item);
  return result instanceof Promise ? result.then(validItem) : validItem(result);
}

function validItem(result: StandardResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const data = { issues: readableIssues(result.issues, []) };
  throw new HubError(itemBindingFailed, { code: 'invalid-arguments', data });
}

function readableIssues(issues: readonly StandardIssue[], within: readonly (number | string)[]) {
  return issues.slice(0, 10).map(issue => ({
    message: issue.message,
    path: [...within, ...(issue.path ?? []).map(step => String(typeof step === 'object' ? step.key : step))],
  }));
}

function placeStreams(
  args: readonly unknown[],
  streams: readonly unknown[],
  positions: readonly number[] | undefined,
): readonly unknown[] {
  if (streams.length === 0) return args;
  if (positions === undefined) return [...args, ...streams];
  const placed: unknown[] = [];
  const rest = args.values();
  for (let at = 0; at < args.length + streams.length; at += 1) {
    const stream = positions.indexOf(at);
    placed.push(stream < 0 ? rest.next().value : streams[stream]);
  }
  return placed;
}
