// How a client of each server introduces itself: path of the upgrade, first frames, and the message that is echoed.
import { payloadOf } from './program.ts';

type Hellos = readonly (readonly [text: string, answers: number])[];
interface Greeting {
  readonly path?: string;
  readonly hellos?: Hellos;
}

export const plain: Greeting = {};
export const webSocket: Greeting = { path: '/' };
/** Engine.IO's open packet, then the connection to the default namespace and its answer. */
export const socketIo: Greeting = {
  path: '/socket.io/?EIO=4&transport=websocket',
  hellos: [
    ['', 1],
    ['40', 1],
  ],
};
/** The hub handshake and its answer, without negotiation. */
export const hub: Greeting = { path: '/hub', hellos: [['{"protocol":"json","version":1}\x1e', 1]] };

export const text = payloadOf(100);
export const socketIoEcho = `42["echo","${text}"]`;
export const hubEcho = `{"type":1,"invocationId":"1","target":"echo","arguments":["${text}"]}\x1e`;
