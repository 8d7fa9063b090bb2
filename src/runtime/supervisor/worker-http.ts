import type { SurfacePlace } from '../../registry/index.ts';
import type { HttpSpec, NodeFrame } from '../worker-protocol/frames.ts';
import type { SocketFolder, SocketFolders } from './socket-folders.ts';

/** What a host is to serve on a socket of its own, and where sockets lie. */
export interface HttpLaunch {
  readonly spec: HttpSpec;
  readonly folders: SocketFolders;
}

type RestInit = Extract<NodeFrame, { type: 'init' }>['rest'];

/** The package's own HTTP in one worker process: its socket, and the requests that are under way. */
export class WorkerHttp {
  readonly #launch: HttpLaunch | undefined;
  readonly #onEnded: () => void;
  readonly #waiting: (() => void)[] = [];
  #folder: SocketFolder | undefined;
  #served = false;
  #inFlight = 0;

  /** Without `launch` there is none. `onEnded` is called whenever a request has ended. */
  constructor(launch: HttpLaunch | undefined, onEnded: () => void) {
    this.#launch = launch;
    this.#onEnded = onEnded;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** What the host is told, once `open` has made a place for the socket. */
  get init(): RestInit {
    if (this.#launch === undefined || this.#folder === undefined) return undefined;
    return { ...this.#launch.spec, socket: this.#folder.socketPath };
  }

  async open(owner: Parameters<SocketFolders['open']>[0]): Promise<void> {
    this.#folder = await this.#launch?.folders.open(owner);
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

  /** Resolves when no request is under way. */
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
