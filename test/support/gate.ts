import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** Where agents of a test wait until the test lets them go on: each says `NAME PID` on a socket and waits for a byte. */
export interface Gate {
  /** The socket's path. */
  readonly path: string;
  /** Resolves with the process ids of those that have come to the gate of that name, once they are so many. */
  arrived(name: string, count?: number): Promise<readonly number[]>;
  /** Lets everybody at that gate go on, also those who come later. */
  open(name: string): void;
  close(): Promise<void>;
}

/** Opens a gate whose socket lies in the folder. */
export async function openGate(folder: string): Promise<Gate> {
  const gate = new SocketGate(join(folder, 'gate.sock'));
  await gate.listen();
  return gate;
}

class SocketGate implements Gate {
  readonly path: string;
  readonly #server = createServer((socket) => this.#admit(socket));
  readonly #sockets = new Set<Socket>();
  readonly #pids = new Map<string, number[]>();
  readonly #waiting = new Map<string, Socket[]>();
  readonly #opened = new Set<string>();
  readonly #checks = new Set<() => void>();

  constructor(path: string) {
    this.path = path;
  }

  async listen(): Promise<void> {
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
    // Where the node is root, the workers that come to the gate are other users.
    await chmod(dirname(this.path), 0o711);
    await chmod(this.path, 0o777);
  }

  arrived(name: string, count: number = 1): Promise<readonly number[]> {
    return new Promise((resolve) => {
      const check = (): void => {
        const pids = this.#pids.get(name) ?? [];
        if (pids.length < count) return;
        this.#checks.delete(check);
        resolve(pids);
      };
      this.#checks.add(check);
      check();
    });
  }

  open(name: string): void {
    this.#opened.add(name);
    for (const socket of this.#waiting.get(name) ?? []) socket.write('\n');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #admit(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#sockets.delete(socket));
    createInterface({ input: socket }).once('line', (line) => {
      const [name = '', pid] = line.split(' ');
      this.#pids.set(name, [...(this.#pids.get(name) ?? []), Number(pid)]);
      this.#waiting.set(name, [...(this.#waiting.get(name) ?? []), socket]);
      if (this.#opened.has(name)) socket.write('\n');
      for (const check of [...this.#checks]) check();
    });
  }
}
