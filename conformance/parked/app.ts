// The story's app: `app.ts FOLDER PORT COUNT SEED [SOCKETS]`. Its first process connects that many and hands them over; every
// process then takes sockets over at random and hands them back, until it is told to read what is left of all of them.
import { once } from 'node:events';
import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  connectAgent,
  enableTransferOwnership,
  LonghaulError,
  SocketActivityInformation,
  transferOwnership,
} from '@longhaul/client';
import { seededRandom } from '@longhaul/testing';
import { Gate } from './gate.ts';
import { encodePlace, seenUpTo } from './numbers.ts';
import { readRest, takeTurn } from './take-turn.ts';
import { registerTask, storyApp } from './task-of-story.ts';

const [folder = '', port = '', count = '', seed = '', wanted = '0'] = process.argv.slice(2);
const random = seededRandom(Number(seed));
await using agent = await connectAgent({ app: storyApp });
const gate = await Gate.open(folder, 'app');

async function handOver(number: number, taskId: string): Promise<void> {
  const socket = new Socket();
  enableTransferOwnership(socket, { taskId });
  socket.pause().connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(seenUpTo(number));
  // Some before their first bytes, some while they come, some after.
  await delay(random.below(20));
  const keepAliveMs = number % 10 === 0 ? 1_000 : null;
  const context = encodePlace({ socket: number, offset: 0 });
  await transferOwnership(agent, socket, `socket-${number}`, { context, keepAliveMs });
}

type Taken = { readonly information: SocketActivityInformation<'stream-socket'>; readonly socket: Socket };

/** `undefined` while somebody else has it. */
async function takeOver(number: number): Promise<Taken | undefined> {
  const information = (await SocketActivityInformation.allSockets(agent)).get(`socket-${number}`);
  if (information?.kind !== 'stream-socket') return undefined;
  try {
    return { information, socket: await information.streamSocket() };
  } catch (error) {
    if (error instanceof LonghaulError && (error.code === 'illegal-state' || error.code === 'stale-owner'))
      return undefined;
    throw error;
  }
}

const facts = { broker: agent, folder, patienceMs: 20, leave: () => 0 };

async function takeTurns(): Promise<void> {
  while (!isFinishing) {
    await delay(random.below(100));
    const taken = await takeOver(random.below(Number(count)));
    if (taken === undefined) continue;
    const leave = (available: number) => (random.next() < 0.3 ? random.below(Math.min(available, 8)) : 0);
    await gate.turn(() => takeTurn({ ...facts, ...taken, who: 'app', leave }));
  }
}

let isFinishing = false;
try {
  if (Number(wanted) > 0) {
    const taskId = await registerTask(agent);
    const numbers = Array.from({ length: Number(wanted) }, (_, index) => index);
    const handOvers = async () => {
      for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) await handOver(number, taskId);
    };
    await Promise.all(Array.from({ length: 16 }, handOvers));
    gate.say('parked');
  }
  const turns = takeTurns();
  const written = await gate.finish.promise;
  isFinishing = true;
  await turns;
  for (const [number, bytes] of written.entries()) {
    for (;;) {
      const taken = await takeOver(number);
      if (taken !== undefined) {
        await readRest({ ...facts, ...taken, who: 'rest', patienceMs: 5_000 }, bytes);
        break;
      }
      await delay(20);
    }
  }
  gate.say('done');
} catch (error) {
  gate.say(`trouble app: ${error instanceof Error ? error.stack?.replaceAll('\n', ' | ') : error}`);
  throw error;
}
