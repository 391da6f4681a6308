// The error table of @longhaul/hubs: what this package throws at the code that uses it, or reports when a connection
// ends. Errors that hub methods send to their callers on purpose are `HubError` (hub-error.ts).

export type HubErrorFault = 'caller' | 'peer' | 'network';

export interface HubServerErrorFacts {
  /** Who has to change something: the code that calls us, the client at the other end, or the network. */
  readonly fault: HubErrorFault;
  /** The name that stands before the message on the wire when detailed errors are on (SignalR's names, §8.2). */
  readonly wireName: string;
  /** True when the text may always reach the client, also without `enableDetailedErrors`. */
  readonly isPublic: boolean;
  /** What the reader can do about it, one sentence. */
  readonly fix: string;
}

const facts = (
  fault: HubErrorFault,
  wireName: string,
  fix: string,
  { isPublic = false }: { isPublic?: boolean } = {},
): HubServerErrorFacts => Object.freeze({ fault, wireName, isPublic, fix });

export const hubErrorTable = Object.freeze({
  // the code that uses us
  'invalid-hub': facts(
    'caller',
    'Error',
    'Define the hub as an object literal of functions; names must differ by more than case.',
  ),
  'invalid-option': facts('caller', 'Error', 'Correct the option that the message names.'),
  'path-taken': facts('caller', 'Error', 'Map every hub at a path of its own.'),
  'server-closed': facts('caller', 'Error', 'This hub server was closed; create another one.'),
  'invoke-not-allowed': facts(
    'caller',
    'Error',
    'Ask clients from a hub method or a hub context, not from onConnected.',
  ),
  'empty-group-name': facts('caller', 'InvalidOperationException', 'Give the group a name that is not empty.'),
  'connection-not-found': facts('caller', 'IOException', 'The connection has ended or never existed.'),
  'too-many-groups': facts(
    'caller',
    'Error',
    'Remove the connection from groups it no longer needs, or raise maximumGroupsPerConnection.',
  ),
  'invoke-timeout': facts(
    'peer',
    'TimeoutException',
    'Give invokeWith a longer timeoutMs, or look at what the client does.',
  ),
  // the client
  'invalid-message': facts('peer', 'InvalidDataException', 'The client must speak the SignalR hub protocol.'),
  'message-too-large': facts(
    'peer',
    'InvalidDataException',
    'Send smaller messages, or raise maximumReceiveMessageSize.',
  ),
  'invalid-arguments': facts('peer', 'InvalidDataException', 'Call the method with the arguments it expects.'),
  'client-timeout': facts(
    'peer',
    'OperationCanceledException',
    'The client must send a message or ping within clientTimeoutIntervalMs.',
  ),
  'slow-consumer': facts('peer', 'HubException', 'The client must read faster, or raise maximumBufferedBytes.', {
    isPublic: true,
  }),
  'too-many-calls': facts(
    'peer',
    'HubException',
    'Wait for answers and end streams before starting more, or raise maximumConcurrentCallsPerClient.',
    { isPublic: true },
  ),
  'rate-limited': facts('peer', 'HubException', 'Send less often, or raise the rateLimit of the hub.', {
    isPublic: true,
  }),
  // the way there
  'connection-lost': facts('network', 'IOException', 'The connection was cut; the client may connect again.'),
});

export type HubServerErrorCode = keyof typeof hubErrorTable;

/** Thrown by, and reported from, the hub server. Match on `code`, never on the message. */
export class HubServerError extends Error {
  override readonly name = 'HubServerError';
  readonly code: HubServerErrorCode;

  constructor(code: HubServerErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
  }

  get facts(): HubServerErrorFacts {
    return hubErrorTable[this.code];
  }
}
