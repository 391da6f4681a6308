// The story's side of the gates: which programs run, what they say, and who waits.
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { controlPath, type Order } from './gate.ts';

export class Program {
  readonly role: 'app' | 'host';
  readonly pid: number;
  readonly #socket: Socket;
  #held = Promise.withResolvers<void>();

  constructor(role: 'app' | 'host', pid: number, socket: Socket) {
    this.role = role;
    this.pid = pid;
    this.#socket = socket;
  }

  /** Its connection ends with it. */
  get hasEnded(): boolean {
    return this.#socket.destroyed;
  }

  say(order: Order): void {
    if (order === 'hold') this.#held = Promise.withResolvers();
    if (!this.hasEnded) this.#socket.write(`${order}\n`);
  }

  /** Resolves when it holds, or is dead. */
  held(): Promise<void> {
    return this.#held.promise;
  }

  holds(): void {
    this.#held.resolve();
  }
}

export class Control implements AsyncDisposable {
  readonly words = new Set<string>();
  readonly troubles: string[] = [];
  readonly #server: Server;
  readonly #programs = new Set<Program>();
  readonly #sockets = new Set<Socket>();
  #hostsMay: Order = 'go';

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', socket => this.#greet(socket));
  }

  /** The oldest first. */
  running(role: 'app' | 'host'): Program[] {
    return [...this.#programs].filter(program => program.role === role && !program.hasEnded);
  }

  /** Also those that come later. */
  holdHosts(): void {
    this.#order('hold');
  }

  letHostsGo(): void {
    this.#order('go');
  }

  #order(order: Order): void {
    this.#hostsMay = order;
    for (const host of this.running('host')) host.say(order);
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    let program: Program | undefined;
    const lines = createInterface({ input: socket });
    for (const end of [socket, lines]) end.on('error', () => {}); // killed
    socket.on('close', () => {
      this.#sockets.delete(socket);
      if (program === undefined) return;
      program.holds();
      this.#programs.delete(program);
    });
    lines.on('line', line => {
      const [word = '', ...rest] = line.split(' ');
      if (word === 'hello') {
        program = new Program(rest[0] as 'app' | 'host', Number(rest[1]), socket);
        this.#programs.add(program);
        program.say(program.role === 'host' ? this.#hostsMay : 'go');
      } else if (word === 'held') program?.holds();
      else if (word === 'trouble') this.troubles.push(rest.join(' '));
      else this.words.add(word);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

export async function openControl(folder: string): Promise<Control> {
  const server = createServer();
  const control = new Control(server);
  server.listen(controlPath(folder));
  await once(server, 'listening');
  return control;
}
