// The life of a handler is the life of its connection: its promise closes the connection, what it throws ends it with 1011
// and is reported, and never becomes an unhandled rejection.
import type { EventEmitter } from 'node:events';
import { unfit } from '../arguments.ts';
import { WebSocketError } from '../errors.ts';
import type { AcceptOptions } from '../server-options.ts';
import { acceptWebSocket } from './accept.ts';
import { type AnyRequest, type AnyResponse, Opening, report } from './opening.ts';
import { refuse } from './refusal.ts';
import type { WebSocketConnection } from './websocket.ts';

/** Calls the server's 'request' listeners. A connection they accepted lives as long as the promises they return. */
export function runHandlers(server: EventEmitter, request: AnyRequest, response: AnyResponse, opening: Opening): void {
  const listeners = server.rawListeners('request');
  if (listeners.length === 0) {
    response.statusCode = 404;
    response.end();
    return;
  }
  try {
    const results = listeners.map(listener => Reflect.apply(listener, server, [request, response]) as unknown);
    const promises = results.filter(result => result instanceof Promise);
    if (promises.length === 0) return;
    // No Promise.all for one: what waits here is kept for as long as the connection lives.
    endWith(promises.length === 1 ? promises[0]! : Promise.all(promises), opening);
  } catch (error) {
    handlerFailed(opening, error);
  }
}

/** A function of its own, because what waits holds all that the function around it does: not the request. */
function endWith(handler: Promise<unknown>, opening: Opening): void {
  // One function until it is over, for either way: the two that know which make no connection larger.
  const over = () => {
    handler.then(
      () => opening.driver?.close(1000, ''),
      error => handlerFailed(opening, error),
    );
  };
  handler.then(over, over);
}

/**
 * Accepts a request and runs `handler` with the connection: it lives as long as the promise of the handler, is closed with
 * 1000 afterwards, and with 1011 when it throws, which `onHandlerError` is told. Use this in frameworks, which keep the
 * promise of a route to themselves; a 'request' listener of the server itself needs only `acceptWebSocket`.
 * Resolves when the handler is done, also when it failed, and when the client's request was wrong and answered so. Rejects
 * with `not-upgradable`, `already-answered`, `invalid-argument` or `not-a-websocket-request`, which are the caller's faults.
 */
export async function handleWebSocket(
  request: AnyRequest,
  response: AnyResponse,
  handler: (socket: WebSocketConnection) => unknown,
  options: AcceptOptions = {},
): Promise<void> {
  if (typeof handler !== 'function') throw unfit('A handler', handler);
  let socket: WebSocketConnection;
  try {
    socket = await acceptWebSocket(request, response, options);
  } catch (error) {
    if (isRefusal(error) && Opening.of(response) !== undefined) return;
    throw error;
  }
  // Not awaited: what waits in here would hold the request for as long as the connection lives.
  return live(handler, socket, Opening.of(response)!);
}

async function live(
  handler: (socket: WebSocketConnection) => unknown,
  socket: WebSocketConnection,
  opening: Opening,
): Promise<void> {
  try {
    await handler(socket);
    opening.driver?.close(1000, '');
  } catch (error) {
    handlerFailed(opening, error);
  }
}

function handlerFailed(opening: Opening, error: unknown): void {
  const { response, driver, settings } = opening;
  // The loop over messages throws when the connection is lost: that is the connection's end, not the handler's fault.
  const isItsOwnEnd = driver?.isEndedBy(error) ?? isRefusal(error);
  if (driver !== undefined)
    driver.fail(new WebSocketError('handler-failed', 'The request handler threw', { cause: error }));
  else if (response?.headersSent === false) {
    refuse(response, new WebSocketError('handler-failed', 'The request handler threw'));
  } else response?.destroy();
  if (!isItsOwnEnd) report(settings.options, error);
}

/** True for what `acceptWebSocket` throws at a request that is wrong; it has its answer, unless the client is gone already. */
function isRefusal(error: unknown): boolean {
  return error instanceof WebSocketError && error.facts.fault === 'peer' && error.facts.httpStatus !== undefined;
}
