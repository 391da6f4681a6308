// What went wrong and what helps, in words for the page. Pure.
import { errorTable, fixOf, isErrorCode, type TransferError, type WebErrorStatus } from '@longhaul/agent-protocol';

export interface Problem {
  readonly message: string;
  /** What the reader can do; `null` when the message says it. */
  readonly fix: string | null;
}

/** The general word for `web-error` is for programs; these are for people who look at one transfer. */
const webFixes: { readonly [S in WebErrorStatus]?: string } = {
  'host-name-not-resolved': 'Check the host name in the address, and that this machine can look names up.',
  'cannot-connect': 'Nothing listens there now; try again later or check host and port.',
  'server-unreachable': 'Check the network between this machine and the server.',
  timeout: 'The server was too slow; try again when it answers faster.',
  'certificate-common-name-is-incorrect': "The certificate is for another host; use the host's right name.",
  'certificate-expired': 'The server has to renew its certificate. Is the clock of this machine right?',
  'certificate-contains-errors': "The server's certificate is faulty; only its owner can mend that.",
  'certificate-revoked': "The server's certificate was withdrawn; do not trust it until its owner has a new one.",
  'certificate-is-invalid':
    'This machine does not trust the certificate. A private authority must be made known to it.',
  'insufficient-range-support': 'The server cannot continue a download in the middle; it has to start again.',
  'redirect-failed': 'The server sends the request around in circles; ask its owner for the right address.',
  'https-to-http-on-redirection':
    'The server leads from a safe address to an unsafe one; ask its owner for a safe one.',
  'connection-aborted': 'Start it again; if it breaks every time, ask the owner of the server.',
  'connection-reset': 'Start it again; if it breaks every time, ask the owner of the server.',
  'error-http-invalid-server-response': 'The server answered with something that is not HTTP; check host and port.',
  'http-401': 'The server wants to know who asks; give the header it needs when you create the download.',
  'http-403': 'The server does not give this to you; check your permission with its owner.',
  'http-404': 'There is nothing at this address; check it for a slip.',
  'http-407': 'A proxy on the way wants a login.',
  'http-410': 'The server says it is gone for good; look for another address.',
  'http-416': 'The file at the server is shorter than what was already here; start it again.',
  'http-429': 'The server asks for fewer requests; try again later.',
  'http-503': 'The server is overloaded or down for now; try again later.',
};

/** `web-error` has its own words by status; every other code its fix from the error table. */
export function problemOfTransfer(error: TransferError): Problem {
  return { message: sentence(error.message), fix: fixOfTransfer(error.code, error.webErrorStatus) };
}

function fixOfTransfer(code: string, webErrorStatus: WebErrorStatus | null): string | null {
  const webFix = webErrorStatus === null ? undefined : webFixes[webErrorStatus];
  if (webFix !== undefined) return webFix;
  if (code === 'web-error')
    return webErrorStatus?.startsWith('http-5') ? 'The server has trouble; try again later.' : null;
  return isErrorCode(code) ? fixOf(code, 'transfer') : null;
}

/** A refused action: what the agent answered, with the fix of its code. */
export const problemOfCall = (code: string | null, message: string, subject?: unknown): Problem => ({
  message: sentence(message),
  fix: isErrorCode(code) ? fixOf(code, subject) : null,
});

/** The agent failed without a word for us. */
export const problemOfFault: Problem = Object.freeze({
  message: 'Something went wrong in the agent.',
  fix: errorTable.internal.fix,
});

/** The answer never came. */
export const problemOfLostCall: Problem = Object.freeze({
  message: 'The connection broke before the agent answered; it may or may not have been done.',
  fix: 'Look at its status once the page is live again.',
});

/** Ends with a full stop, and starts with a capital where it starts with a word (not with a path or an address). */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return 'No reason was given.';
  const capital = /^[a-z]+ /.test(trimmed) ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}
