// The words of a failed call as clients read them (§8.2). Exact: applications compare them. What an exception says is
// added only when it is a HubError, or when the hub runs with detailed errors.
import { HubServerError } from '../errors.ts';
import { formatHubError, HubError } from '../hub-error.ts';

export const unknownMethod = (target: string): string => `Unknown hub method '${target}'`;

export const unauthorized = (target: string): string => `Failed to invoke '${target}' because user is unauthorized`;

export const streamingCalledPlainly = (target: string): string =>
  `The client attempted to invoke the streaming '${target}' method with a non-streaming invocation.`;

export const plainCalledAsStream = (target: string): string =>
  `The client attempted to invoke the non-streaming '${target}' method with a streaming invocation.`;

export const notAStream = (target: string): string =>
  `The value returned by the streaming method '${target}' is not a ChannelReader<> or IAsyncEnumerable<>.`;

export const invocationIdInUse = (invocationId: string): string => `Invocation ID '${invocationId}' is already in use.`;

/** Why arguments did not bind; told with detailed errors. */
export const bindingMismatch =
  'Error binding arguments. Make sure that the types of the provided values match the types of the hub method being invoked.';

export const noArgumentArray = "Reading array length for 'arguments' failed.";

/** §8.7: what the asker reads in place of an answer. */
export const unreadableResult = 'Error trying to deserialize result.';

export const itemBindingFailed = 'Failed to bind Stream message.';

export const bindingFailed = (target: string, error: unknown, enableDetailedErrors: boolean): string =>
  `Failed to invoke '${target}' due to an error on the server.${formatErrorDetail(error, enableDetailedErrors)}`;

export const invocationFailed = (target: string, error: unknown, enableDetailedErrors: boolean): string =>
  `An unexpected error occurred invoking '${target}' on the server.${formatErrorDetail(error, enableDetailedErrors)}`;

export const streamingFailed = (error: unknown, enableDetailedErrors: boolean): string =>
  `An error occurred on the server while streaming results.${formatErrorDetail(error, enableDetailedErrors)}`;

/** ` {ExceptionTypeName}: {message}` where it may be told, else nothing. */
export function formatErrorDetail(error: unknown, enableDetailedErrors: boolean): string {
  if (error instanceof HubError) return ` ${formatHubError(error)}`;
  if (error instanceof HubServerError) {
    if (error.facts.isPublic)
      return ` ${formatHubError({ message: error.message, code: error.code, data: undefined })}`;
    return enableDetailedErrors ? ` ${error.facts.wireName}: ${error.message}` : '';
  }
  if (!enableDetailedErrors) return '';
  return error instanceof Error ? ` ${error.name}: ${error.message}` : ` Error: ${String(error)}`;
}
