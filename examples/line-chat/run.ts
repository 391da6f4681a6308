// The example as it stands: the chat is started and its program exits; then two people come, talk, and one of them goes. With a
// Longhaul of its own in a temporary folder, which is taken away at the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { connectAgent } from '@longhaul/client';
import { waitFor } from '@longhaul/testing';

const folder = mkdtempSync(path.join(tmpdir(), 'longhaul-example-'));
const env = { ...process.env, LONGHAUL_HOME: path.join(folder, 'home') };
const manifest = JSON.parse(readFileSync(path.join(import.meta.dirname, 'manifest.json'), 'utf8'));

class Person {
  readonly socket: Socket;
  readonly #name: string;
  readonly #heard: string[] = [];

  constructor(name: string, port: number) {
    this.#name = name;
    this.socket = connect(port, '127.0.0.1');
    const lines = createInterface({ input: this.socket });
    lines.on('line', line => {
      this.#heard.push(line);
      console.log(`${name} hears: ${line}`);
    });
    for (const each of [this.socket, lines]) each.on('error', () => {}); // at the end of the example
  }

  /** These, in this order; whatever else is said before and in between. */
  async hears(...lines: string[]): Promise<void> {
    for (const line of lines) {
      const at = () => this.#heard.indexOf(line);
      await waitFor(`${this.#name} to hear "${line}"`, () => at() >= 0, { timeoutMs: 20_000 });
      this.#heard.splice(0, at() + 1);
    }
  }
}

try {
  await using owner = await connectAgent({ env });
  await owner.registerApp({ ...manifest, folder: import.meta.dirname });
  try {
    const start = path.join(import.meta.dirname, 'start.ts');
    const program = spawn(process.execPath, [...process.execArgv, start], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said, [code]] = await Promise.all([text(program.stdout), once(program, 'exit')]);
    if (code !== 0) throw new Error(`the chat could not be started: ${code}`);
    console.log(`start.ts says: ${said.trim()}\n-- start.ts (process ${program.pid}) has ended`);
    const port = Number(/(\d+)\n$/.exec(said)![1]);

    const ada = new Person('Ada', port);
    await ada.hears('your name?');
    ada.socket.write('Ada\n');
    const brian = new Person('Brian', port);
    await brian.hears('your name?');
    brian.socket.write('Brian\n');
    await ada.hears('* Brian is here');
    // In pieces: what is no line yet waits with the broker.
    ada.socket.write('hel');
    brian.socket.write('good morning\n');
    await ada.hears('Brian: good morning');
    ada.socket.write('lo\nhow are you?\n');
    await brian.hears('Ada: hello', 'Ada: how are you?');
    brian.socket.end();
    await ada.hears('* Brian has left');
    const sockets = await owner.sockets.list();
    for (const { id, kind, status, wakes } of sockets) {
      console.log(`longhaul sockets: ${id === 'listener' ? id : 'a line'}, ${kind}, ${status}, ${wakes} wakes`);
    }
    ada.socket.destroy();
  } finally {
    await owner.stop();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
