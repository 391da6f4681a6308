// What all servers of this example do with a WebSocket: send back what comes.
import type { WebSocketConnection } from '@longhaul/websockets';

export async function echo(socket: WebSocketConnection): Promise<void> {
  for await (const { data } of socket) await socket.send(data);
}
