import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Control } from '../../src/control/index.ts';
import { createSocketClient } from '../../src/drivers/http/index.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import type { Endpoint, EndpointSurfaces, Registry } from '../../src/registry/index.ts';
import { createFrontDoorServices } from '../../src/testing/index.ts';

export interface SurfaceDoorOptions {
  /** The package's own routes; without it there are none. */
  readonly routes?: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** The page: names and contents of its files. */
  readonly page?: Readonly<Record<string, string>>;
  readonly basePath?: string;
  readonly headTimeoutMs?: number;
  readonly gateway?: Partial<GatewayOptions>;
  /** What agents do in the market. */
  readonly market?: Pick<Control['market'], 'agent'>;
}

/** A front door with the deployment `shop-1` of the agent `shop`: a plain HTTP server on a Unix socket, and a page. */
export interface SurfaceDoor {
  readonly gateway: Gateway;
  readonly registry: Registry;
  /** `/agents/shop` on the front door. */
  readonly url: string;
  /** The deployment's own port. */
  readonly ownUrl: string;
  readonly port: number;
  /** The package's own server; tests make it misbehave. */
  readonly server: Server;
  readonly folder: string;
  readonly operatorToken: string;
  /** Requests that have a place now. */
  taken(): number;
  /** Announces the deployment anew, as its runtime would. */
  announce(change?: Partial<Endpoint>, surfaces?: Partial<EndpointSurfaces>): void;
}

export async function openSurfaceDoor(context: TestContext, options: SurfaceDoorOptions = {}): Promise<SurfaceDoor> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-surface-'));
  const socketPath = join(folder, 'worker.sock');
  const server = createServer((request, response) => void options.routes?.(request, response));
  server.listen(socketPath);
  await once(server, 'listening');
  const page = join(folder, 'page');
  await writePage(page, options.page ?? {});
  const port = await findFreePort();
  const upstream = createSocketClient({ connectTimeoutMs: 2_000, headTimeoutMs: options.headTimeoutMs ?? 30_000 });
  const gateway = createGateway({ port: 0, version: '1.2.3', upstream, ...options.gateway });
  const services = createFrontDoorServices();
  const { registry, operatorToken } = services;
  let taken = 0;
  const take = (): { socketPath: string; release(): void } => {
    taken++;
    return { socketPath, release: () => void taken-- };
  };
  const announce: SurfaceDoor['announce'] = (change, surfaces) => {
    const ui = options.page && { folder: page, basePath: options.basePath ?? '/' };
    const rest = options.routes && { take };
    registry.announce({ ...createEndpoint({ port, ui, rest, ...surfaces }), ...change });
  };
  announce();
  await gateway.start();
  const control = options.market && ({ market: options.market } as Control);
  gateway.admit({ ...services, ...(control && { control }) });
  context.after(async () => {
    await gateway.stop(AbortSignal.timeout(1_000));
    await upstream.close();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const url = `${gateway.url}/agents/shop`;
  const ownUrl = `http://127.0.0.1:${port}`;
  return { gateway, registry, url, ownUrl, port, server, folder, operatorToken, taken: () => taken, announce };
}

/** A port that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const server = createPlainServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function writePage(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

type Served = Partial<EndpointSurfaces> & Pick<EndpointSurfaces, 'rest' | 'ui'> & { readonly port: number };

function createEndpoint({ port, ...surfaces }: Served): Endpoint {
  const description = 'Sells things.';
  return {
    id: 'shop-1',
    agentId: 'shop',
    record: {
      ...{ id: 'shop', name: 'shop', description, version: '2.0.0', packageId: 'shop@2.0.0', private: false },
      ...{ skills: [], defaultSkill: undefined, inputModes: [], outputModes: [] },
    },
    executor: { async *execute() {} },
    capacity: 1,
    status: 'healthy',
    surfaces: {
      ports: { http: port, grpc: port + 10_000 },
      a2a: true,
      meta: { name: 'shop', version: '2.0.0', description, author: 'Ada', builtAtMs: 1_700_000_000_000 },
      ...surfaces,
    },
  };
}
