// Between the story and its programs (app, task host): a program asks before it reads from a socket and says when it has handed
// it back, so that the story can kill it, or the agent that takes it along, before a first read or after a hand-back and never
// in between, where bytes that were read are the program's own. One word a line over a Unix socket.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** What the story says. `die-before`, `die-after`: alone, at that moment of the next turn, by SIGKILL. */
export type Mode = 'go' | 'hold' | 'die-before' | 'die-after';
/** `finish`: with what each socket's peer has written, as JSON. */
export type Order = Mode | `finish ${string}`;
/** What a program says. `held`: no turn is under way, so many wait. */
export type Word = `hello ${'app' | 'host'} ${number}` | `held ${number}` | 'parked' | 'done' | `trouble ${string}`;

export const controlPath = (folder: string): string => path.join(folder, 'control.sock');

export class Gate {
  readonly #socket: Socket;
  readonly #waiting: (() => void)[] = [];
  #mode: Mode = 'hold';
  #underWay = 0;
  #hasHeld = false;
  readonly finish = Promise.withResolvers<number[]>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on('line', line => this.#ordered(line as Order));
    for (const end of [socket, lines]) end.on('error', () => {}); // the story has ended
  }

  static async open(folder: string, role: 'app' | 'host'): Promise<Gate> {
    const socket = connect(controlPath(folder));
    await once(socket, 'connect');
    // A host ends when it has no more runs, and an app when it is done.
    socket.unref();
    const gate = new Gate(socket);
    gate.say(`hello ${role} ${process.pid}`);
    return gate;
  }

  say(word: Word): void {
    this.#socket.write(`${word}\n`);
  }

  /** A turn: what reads, notes and hands back is inside. */
  async turn<T>(act: () => Promise<T>): Promise<T> {
    while (!this.#mayBegin()) await new Promise<void>(resolve => this.#waiting.push(resolve));
    if (this.#mode === 'die-before') process.kill(process.pid, 'SIGKILL');
    this.#underWay += 1;
    try {
      const result = await act();
      if (this.#mode === 'die-after' && this.#underWay === 1) process.kill(process.pid, 'SIGKILL');
      return result;
    } finally {
      this.#underWay -= 1;
      this.#next();
    }
  }

  #mayBegin(): boolean {
    return this.#mode === 'go' || (this.#mode !== 'hold' && this.#underWay === 0);
  }

  #ordered(order: Order): void {
    if (order.startsWith('finish ')) {
      this.finish.resolve(JSON.parse(order.slice(7)));
      return;
    }
    this.#mode = order as Mode;
    this.#hasHeld = false;
    this.#next();
  }

  #next(): void {
    if (this.#mode === 'hold' && this.#underWay === 0 && !this.#hasHeld) {
      this.#hasHeld = true;
      this.say(`held ${this.#waiting.length}`);
    }
    if (this.#mayBegin()) for (const resume of this.#waiting.splice(0)) resume();
  }
}
