// WebSockets that begin with an extended CONNECT on HTTP/2 (RFC 8441). The stream is the transport; its session, with
// all other requests on it, goes on as before.
import {
  constants,
  type Http2SecureServer,
  type Http2Server,
  type Http2ServerResponse,
  type ServerHttp2Stream,
} from 'node:http2';
import { connectResponse } from '../handshake/connect-response.ts';
import type { Acceptance, Handover } from './opening.ts';
import type { Transport } from './transport.ts';

const noBytes = Buffer.alloc(0);

/** Tells clients that they may ask for WebSockets (RFC 8441 §3), in the first SETTINGS of every session. */
export function enableExtendedConnect(server: Http2Server | Http2SecureServer): void {
  server.updateSettings({ enableConnectProtocol: true });
  // Sessions that began before this call have heard otherwise; they are told with their next request.
  if (server.listening) server.on('stream', tellSession);
}

function tellSession({ session }: ServerHttp2Stream): void {
  if (session === undefined || session.localSettings.enableConnectProtocol === true) return;
  if (!session.pendingSettingsAck) session.settings({ enableConnectProtocol: true });
}

/** Answers a CONNECT that is no WebSocket. */
export function refuseConnect(response: Http2ServerResponse, status: number): void {
  response.stream.on('finish', closeAnswered);
  response.statusCode = status;
  response.end();
}

/** After a complete answer nothing more is wanted of the client, which may have left its half open (RFC 9113 §8.1). */
function closeAnswered(this: ServerHttp2Stream): void {
  // Not in this turn: the reset would overtake an answer that nghttp2 has not written yet.
  setImmediate(close, this);
}

function close(stream: ServerHttp2Stream): void {
  stream.close(constants.NGHTTP2_NO_ERROR);
}

export class ConnectHandover implements Handover {
  readonly #response: Http2ServerResponse;

  constructor(response: Http2ServerResponse) {
    this.#response = response;
    response.stream.on('finish', closeAnswered);
  }

  accept({ subprotocol, extensions }: Acceptance): { transport: Transport; head: Buffer } {
    const { stream } = this.#response;
    stream.off('finish', closeAnswered);
    // What the client sends is frames, not the body of a request: a framework that began to read one reads no more.
    stream.removeAllListeners('data');
    if (!stream.destroyed && !stream.closed) {
      stream.respond(connectResponse(subprotocol, extensions, this.#response.getHeaders()));
    }
    return { transport: stream, head: noBytes };
  }
}
