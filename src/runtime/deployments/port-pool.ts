import { once } from 'node:events';
import { createServer } from 'node:net';
import { ParleyError } from '../../base/index.ts';
import type { DeploymentPorts } from './model.ts';

/** How far a deployment's gRPC port lies above its HTTP port. */
const twinDistance = 10_000;

/** Where ports of deployments come from. */
export interface PortRange {
  /** HTTP ports, both included; the gRPC ports are 10,000 above. */
  readonly first: number;
  readonly last: number;
  /** The address that they are listened on. */
  readonly host: string;
  /** Never given out, such as the front door's. */
  readonly reserved: readonly number[];
}

/** The ports of this node's deployments, by deployment id. */
export class PortPool {
  readonly #range: PortRange;
  readonly #taken = new Map<string, DeploymentPorts>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(range: PortRange) {
    this.#range = range;
  }

  /** Those that the id has, else the lowest pair of which nobody has or listens on one. Throws NO_FREE_PORT. */
  take(id: string): Promise<DeploymentPorts> {
    const taking = this.#queue.then(async () => {
      const ports = this.#taken.get(id) ?? (await this.#findFree());
      this.#taken.set(id, ports);
      return ports;
    });
    this.#queue = taking.catch(() => {});
    return taking;
  }

  /** Notes what the id has had since before. False when another id has one of them by now. */
  keep(id: string, { http, grpc }: DeploymentPorts): boolean {
    for (const [other, taken] of this.#taken)
      if (other !== id && (taken.http === http || taken.grpc === grpc)) return false;
    this.#taken.set(id, { http, grpc });
    return true;
  }

  release(id: string): void {
    this.#taken.delete(id);
  }

  async #findFree(): Promise<DeploymentPorts> {
    const { first, last, host } = this.#range;
    for (const ports of listFreePairs(this.#range, [...this.#taken.values()])) {
      if ((await isFree(ports.http, host)) && (await isFree(ports.grpc, host))) return ports;
    }
    throw new ParleyError(
      'NO_FREE_PORT',
      `No port from ${first} to ${last} is free together with the one ${twinDistance} above it. Stop what listens there, or widen workers.ports.`,
    );
  }
}

/** Pure: the pairs of the range that are neither reserved nor taken, lowest first. */
export function* listFreePairs(
  { first, last, reserved }: Pick<PortRange, 'first' | 'last' | 'reserved'>,
  taken: readonly DeploymentPorts[],
): Generator<DeploymentPorts> {
  const used = new Set([...reserved, ...taken.flatMap(({ http, grpc }) => [http, grpc])]);
  for (let http = first; http <= last; http++) {
    const grpc = http + twinDistance;
    if (!used.has(http) && !used.has(grpc)) yield { http, grpc };
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
