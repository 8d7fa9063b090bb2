import type { SurfacePlace } from '../../registry/index.ts';
import type { SocketFolder, SocketFolders } from './socket-folders.ts';

/** The kinds of servers that a worker may have on sockets of its own: HTTP, and gRPC. */
export type SurfaceKind = 'rest' | 'grpc';

/** A server of the package's own in one worker process: its socket, and what is under way there. */
export class WorkerSocket {
  readonly #folders: SocketFolders | undefined;
  readonly #onEnded: () => void;
  readonly #waiting: (() => void)[] = [];
  #folder: SocketFolder | undefined;
  #served = false;
  #inFlight = 0;

  /** Without `folders` there is none. `onEnded` is called whenever a request has ended. */
  constructor(folders: SocketFolders | undefined, onEnded: () => void) {
    this.#folders = folders;
    this.#onEnded = onEnded;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Where the host is to listen, once `open` has made a place for it. */
  get path(): string | undefined {
    return this.#folder?.socketPath;
  }

  async open(owner: Parameters<SocketFolders['open']>[0]): Promise<void> {
    this.#folder = await this.#folders?.open(owner);
  }

  /** Takes the socket away. Never rejects. */
  async close(): Promise<void> {
    await this.#folder?.remove();
  }

  /** The host has said whether it listens. */
  setServed(served: boolean): void {
    this.#served = served;
  }

  /** Counts one more until it is released; released twice, it counts once. Undefined when nothing is served. */
  take(): SurfacePlace | undefined {
    if (!this.#served || this.#folder === undefined) return undefined;
    const { socketPath } = this.#folder;
    this.#inFlight++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      this.#end();
    };
    return { socketPath, release };
  }

  /** Resolves when nothing is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    this.#onEnded();
  }
}
