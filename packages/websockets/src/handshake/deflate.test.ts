// Negotiation of permessage-deflate on values alone (RFC 7692 §7.1, signalr-protocol.md §12, rows 13.x of the suite).
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CompressionOptions, resolveCompression } from '../compression-options.ts';
import { acceptDeflate, offerDeflate, readDeflateAnswer } from './deflate.ts';
import { parseExtensions } from './extensions.ts';

const accept = (header: string, options: CompressionOptions = {}) =>
  acceptDeflate(parseExtensions(header), resolveCompression(options)!);
const answerOf = (header: string, options?: CompressionOptions) => accept(header, options)?.header;
const client = '; client_no_context_takeover; client_max_window_bits';
const plain = 'permessage-deflate; client_no_context_takeover';

describe('a server', () => {
  const rows: [row: string, offer: string, answer: string | undefined, options?: CompressionOptions][] = [
    ['a bare offer', 'permessage-deflate', 'permessage-deflate'],
    ['13.1', `permessage-deflate${client}`, plain],
    ['13.2', `permessage-deflate; server_no_context_takeover${client}`, `${plain}; server_no_context_takeover`],
    ['13.3', `permessage-deflate; server_max_window_bits=9${client}`, `${plain}; server_max_window_bits=9`],
    ['13.4', `permessage-deflate; server_max_window_bits=15${client}`, `${plain}; server_max_window_bits=15`],
    [
      '13.5',
      `permessage-deflate; server_no_context_takeover; server_max_window_bits=9${client}`,
      `${plain}; server_no_context_takeover; server_max_window_bits=9`,
    ],
    [
      '13.7, the first that can be kept',
      `permessage-deflate; server_no_context_takeover; server_max_window_bits=9${client}, permessage-deflate; server_no_context_takeover${client}, permessage-deflate${client}`,
      `${plain}; server_no_context_takeover; server_max_window_bits=9`,
    ],
    [
      'a quoted value',
      'permessage-deflate; server_max_window_bits="10"',
      'permessage-deflate; server_max_window_bits=10',
    ],
    [
      'the client naming its own window',
      'permessage-deflate; client_max_window_bits=10',
      'permessage-deflate; client_max_window_bits=10',
    ],
    ['another extension first', 'x-other; a=1, permessage-deflate', 'permessage-deflate'],
    [
      'its own smaller window, unasked',
      'permessage-deflate',
      'permessage-deflate; server_max_window_bits=11',
      { serverMaxWindowBits: 11 },
    ],
    [
      'the smaller of both windows',
      'permessage-deflate; server_max_window_bits=13',
      'permessage-deflate; server_max_window_bits=11',
      { serverMaxWindowBits: 11 },
    ],
    [
      'a smaller window for a client that takes one',
      'permessage-deflate; client_max_window_bits',
      'permessage-deflate; client_max_window_bits=12',
      { clientMaxWindowBits: 12 },
    ],
    [
      'no context, unasked',
      'permessage-deflate',
      'permessage-deflate; client_no_context_takeover; server_no_context_takeover',
      { serverContextTakeover: false, clientContextTakeover: false },
    ],
    [
      'the second offer where the first is malformed',
      'permessage-deflate; server_max_window_bits=16, permessage-deflate',
      'permessage-deflate',
    ],
  ];
  for (const [row, offer, answer, options] of rows) {
    test(`takes ${row}`, () => assert.equal(answerOf(offer, options), answer));
  }

  const declined: [what: string, offer: string, options?: CompressionOptions][] = [
    ['no offer', 'x-other'],
    ['an unknown parameter', 'permessage-deflate; x'],
    ['a doubled parameter', 'permessage-deflate; server_no_context_takeover; server_no_context_takeover'],
    ['a flag with a value', 'permessage-deflate; server_no_context_takeover=1'],
    ['a server window without value', 'permessage-deflate; server_max_window_bits'],
    ...['7', '16', '08', '010', '9.0', 'x', '-9', '1e1'].map(
      bits =>
        [`a window of ${bits} (CVE-2026-2229)`, `permessage-deflate; server_max_window_bits=${bits}`] as [
          string,
          string,
        ],
    ),
    ['a server window of 8 bits', 'permessage-deflate; server_max_window_bits=8'],
    ['a client window of 8 bits', 'permessage-deflate; client_max_window_bits=8'],
    ['a client that cannot keep to the window wanted', 'permessage-deflate', { clientMaxWindowBits: 10 }],
  ];
  for (const [what, offer, options] of declined) {
    test(`declines ${what}`, () => assert.equal(answerOf(offer, options), undefined));
  }

  test('compresses by what it said', () => {
    assert.deepEqual(
      accept(`permessage-deflate; server_no_context_takeover; server_max_window_bits=9${client}`)?.agreement,
      {
        sendWindowBits: 9,
        sendKeepsContext: false,
        receiveWindowBits: 15,
        receiveKeepsContext: false,
      },
    );
  });
});

describe('a client', () => {
  const read = (header: string | undefined, options: CompressionOptions = {}) =>
    readDeflateAnswer(header, resolveCompression(options));

  test('offers what its options say', () => {
    const offer = (options: CompressionOptions) => offerDeflate(resolveCompression(options)!);
    assert.equal(offer({}), 'permessage-deflate; client_max_window_bits');
    assert.equal(
      offer({
        serverMaxWindowBits: 10,
        clientMaxWindowBits: 9,
        serverContextTakeover: false,
        clientContextTakeover: false,
      }),
      'permessage-deflate; client_no_context_takeover; client_max_window_bits=9; server_no_context_takeover; server_max_window_bits=10',
    );
  });

  test('reads the answer', () => {
    assert.equal(read(undefined), undefined);
    assert.deepEqual(read('permessage-deflate; client_max_window_bits=8; server_max_window_bits=8'), {
      sendWindowBits: 8,
      sendKeepsContext: true,
      receiveWindowBits: 8,
      receiveKeepsContext: true,
    });
    assert.deepEqual(read('permessage-deflate; client_no_context_takeover; server_no_context_takeover'), {
      sendWindowBits: 15,
      sendKeepsContext: false,
      receiveWindowBits: 15,
      receiveKeepsContext: false,
    });
  });

  const wrong: [answer: string, options?: CompressionOptions][] = [
    ['x-other'],
    ['permessage-deflate, permessage-deflate'],
    ['permessage-deflate; x=1'],
    ['permessage-deflate; ='],
    ['permessage-deflate; server_max_window_bits'],
    ['permessage-deflate; client_max_window_bits'],
    ['permessage-deflate; server_max_window_bits=16'],
    ['permessage-deflate; server_max_window_bits=9; server_max_window_bits=9'],
    ['permessage-deflate; server_max_window_bits=12', { serverMaxWindowBits: 11 }],
    ['permessage-deflate', { serverMaxWindowBits: 11 }],
    ['permessage-deflate; client_max_window_bits=12', { clientMaxWindowBits: 11 }],
    ['permessage-deflate', { serverContextTakeover: false }],
  ];
  for (const [answer, options] of wrong) {
    test(`refuses the answer ${answer} to ${JSON.stringify(options ?? {})}`, () => {
      assert.throws(() => read(answer, options), { code: 'handshake-invalid' });
    });
  }

  test('refuses any extension when it offered none', () => {
    assert.throws(() => readDeflateAnswer('permessage-deflate', undefined), { code: 'handshake-invalid' });
  });
});
