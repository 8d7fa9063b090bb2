import type { Cluster, Redis } from 'ioredis';

/** Makes all that is written in one turn of the event loop leave in one write. */
export class TurnCork {
  readonly #connection: Redis | Cluster;
  #corked: readonly Stream[] = [];

  constructor(connection: Redis | Cluster) {
    this.#connection = connection;
  }

  /** To be called before each command. */
  hold(): void {
    if (this.#corked.length > 0) return;
    this.#corked = this.#streams();
    for (const stream of this.#corked) stream.cork();
    if (this.#corked.length > 0) setImmediate(() => this.#release());
  }

  #release(): void {
    const corked = this.#corked;
    this.#corked = [];
    for (const stream of corked) stream.uncork();
  }

  #streams(): readonly Stream[] {
    const connections = 'nodes' in this.#connection ? this.#connection.nodes('master') : [this.#connection];
    return connections.map(({ stream }) => stream as Stream | undefined).filter((stream) => stream !== undefined);
  }
}

type Stream = Redis['stream'];
