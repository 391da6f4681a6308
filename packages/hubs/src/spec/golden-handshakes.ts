// Golden handshakes (§5): requests and their answers.

export interface GoldenHandshake {
  /** Without the separator. */
  readonly request: string;
  /** The answer without the separator, of a server with both protocols over a transport that carries text and bytes. */
  readonly answer: string;
}

const malformed = '{"error":"An unexpected error occurred during connection handshake."}';

/** Handshakes (§5); errors as without detailed errors. */
export const goldenHandshakes: readonly GoldenHandshake[] = Object.freeze([
  { request: '{"protocol":"json","version":1}', answer: '{}' },
  { request: '{"protocol":"json","version":2}', answer: '{}' },
  { request: '{"protocol":"messagepack","version":1}', answer: '{}' },
  { request: '{"protocol":"messagepack","version":2}', answer: '{}' },
  { request: '{"protocol":"JSON","version":0}', answer: '{}' },
  { request: '{"version":-1,"more":[],"protocol":"MessagePack"}', answer: '{}' },
  {
    request: '{"protocol":"json","version":3}',
    answer: '{"error":"The server does not support version 3 of the \'json\' protocol."}',
  },
  {
    request: '{"protocol":"messagepack","version":3}',
    answer: '{"error":"The server does not support version 3 of the \'messagepack\' protocol."}',
  },
  { request: '{"protocol":"xml","version":1}', answer: '{"error":"The protocol \'xml\' is not supported."}' },
  {
    request: '{"protocol":"__proto__","version":1}',
    answer: '{"error":"The protocol \'__proto__\' is not supported."}',
  },
  { request: '{"protocol":"json"}', answer: malformed },
  { request: '{"version":1}', answer: malformed },
  { request: '{"protocol":1,"version":1}', answer: malformed },
  { request: '{"protocol":"json","version":"1"}', answer: malformed },
  { request: '{"protocol":"json","version":1.5}', answer: malformed },
  { request: '[]', answer: malformed },
  { request: 'x', answer: malformed },
  { request: '', answer: malformed },
]);
