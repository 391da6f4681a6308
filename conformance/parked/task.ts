// The story's task: one turn with the socket it is woken for.
import type { BackgroundTaskInstance } from '@longhaul/client';
import { Gate } from './gate.ts';
import { takeTurn } from './take-turn.ts';

// Hosts are started in the folder of their app.
const folder = process.cwd();
const gate = await Gate.open(folder, 'host');

export async function run(task: BackgroundTaskInstance): Promise<void> {
  const { reason, socketInformation: information } = task.triggerDetails;
  if (information.kind !== 'stream-socket' || reason === 'socket-closed') throw new Error(`woken by ${reason}`);
  const socket = await information.streamSocket();
  const leave = (available: number) => (available > 8 && available % 5 === 0 ? available % 8 : 0);
  try {
    await gate.turn(() =>
      takeTurn({ broker: task, information, socket, folder, who: task.instanceId, patienceMs: 250, leave }),
    );
  } catch (error) {
    gate.say(`trouble ${task.instanceId}: ${error}`);
    throw error;
  }
}
