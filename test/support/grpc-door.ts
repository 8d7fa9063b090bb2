import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createSocketSessions } from '../../src/drivers/http/index.ts';
import { createGateway, type Gateway, type GatewayOptions } from '../../src/gateway/index.ts';
import type { Endpoint } from '../../src/registry/index.ts';
import { createFrontDoorServices, type FrontDoorServices } from '../../src/testing/index.ts';

/** A front door with the deployment `echo-1` of the agent `echo`, whose worker is an HTTP/2 server of the test's own. */
export interface GrpcDoor {
  readonly gateway: Gateway;
  readonly services: FrontDoorServices;
  /** The worker; tests make it misbehave. */
  readonly worker: Http2Server;
  /** Begins a call of `test.v1.Test/Call`; nothing of its body is sent. */
  call(headers?: OutgoingHttpHeaders): ClientHttp2Stream;
  /** Calls that have a place now. */
  taken(): number;
  /** Announces the deployment anew, as its runtime would. */
  announce(change: Partial<Endpoint>): void;
}

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export async function openGrpcDoor(
  context: TestContext,
  serve: Serve,
  options: Partial<GatewayOptions> = {},
): Promise<GrpcDoor> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-grpc-'));
  const socketPath = join(folder, 'worker.sock');
  const worker = createServer().on('stream', (stream, headers) => {
    stream.on('error', () => {});
    serve(stream, headers);
  });
  worker.listen(socketPath);
  await once(worker, 'listening');
  const grpcUpstream = createSocketSessions();
  const gateway = createGateway({ port: 0, grpcPort: 0, version: '1.2.3', grpcUpstream, ...options });
  const services = createFrontDoorServices();
  const echo = services.registry.find('echo');
  let taken = 0;
  const take = (): { socketPath: string; release(): void } => {
    taken++;
    return { socketPath, release: () => void taken-- };
  };
  const announce = (change: Partial<Endpoint>): void => {
    services.registry.announce({ ...echo, surfaces: createSurfaces(take), ...change });
  };
  announce({});
  await gateway.start();
  gateway.admit(services);
  // Metadata may have several values under names of which HTTP knows but one.
  const manyValues: ClientSessionOptions & { strictSingleValueFields: boolean } = { strictSingleValueFields: false };
  const session = connect(`http://${gateway.grpcAddress}`, manyValues);
  context.after(async () => {
    session.destroy();
    await gateway.stop(AbortSignal.timeout(500));
    grpcUpstream.close();
    worker.close();
    await rm(folder, { recursive: true, force: true });
  });
  return { gateway, services, worker, call: (headers) => begin(session, headers), taken: () => taken, announce };
}

/** How a call ended: its last headers. */
export async function endOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  let last: IncomingHttpHeaders = {};
  const take = (headers: IncomingHttpHeaders): void => {
    last = headers;
  };
  stream
    .on('response', take)
    .on('trailers', take)
    .on('error', () => {});
  stream.resume();
  await once(stream, 'close');
  return last;
}

function begin(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  return session.request({
    ...{ ':method': 'POST', ':path': '/test.v1.Test/Call', 'content-type': 'application/grpc', te: 'trailers' },
    'x-deployment-id': 'echo',
    ...headers,
  });
}

function createSurfaces(take: () => { socketPath: string; release(): void }): NonNullable<Endpoint['surfaces']> {
  const grpc = { facts: { services: ['test.v1.Test'], descriptors: [] }, take };
  const meta = { name: 'echo', version: '1.2.3', description: '', author: '', builtAtMs: undefined };
  return { ports: undefined, a2a: true, rest: undefined, ui: undefined, grpc, meta };
}
