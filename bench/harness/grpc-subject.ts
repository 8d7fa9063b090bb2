import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { benchAgent, startNode } from './parley-subject.ts';
import { startProgram, stopProgram, waitFor } from './subject.ts';

const pipe = fileURLToPath(new URL('../peers/grpc-pipe.ts', import.meta.url));
const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** The metadata by which the agent is found. */
export const named: Readonly<Record<string, string>> = { 'x-deployment-id': 'bench-grpc' };

/** A way to the agent's service. */
export interface GrpcWay {
  /** `host:port`, or the path of a Unix socket. */
  readonly address: string;
  stop(): Promise<void>;
}

/** A node with a package that has a gRPC service of its own, and the socket of its worker. */
export interface GrpcNode extends GrpcWay {
  readonly socketPath: string;
}

/** Starts the node and waits until the service answers through it. */
export async function startGrpcNode(): Promise<GrpcNode> {
  const node = await startNode({ grpc: { port: 0 } });
  const source = { kind: 'folder', path: benchAgent('grpc') } as const;
  await node.client.deployments.deploy({ source, environment: { NODE_PATH: modules } });
  const { grpcAddress: address = '' } = await node.client.node.status();
  const socketPath = await waitFor('the service', () => readSocketPath(address));
  return { address, socketPath, stop: () => node.stop() };
}

/** A bare pipe to the same socket, in a process of its own. */
export async function startBarePipe(socketPath: string): Promise<GrpcWay> {
  const child = startProgram([pipe, socketPath]);
  if (child.stdout === null) throw new Error('The pipe has no stdout.');
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { address: `127.0.0.1:${port}`, stop: () => stopProgram(child) };
}

/** True when nginx can be measured on this machine. */
export function hasNginx(): boolean {
  return spawnSync('nginx', ['-v'], { stdio: 'ignore' }).status === 0;
}

/** nginx with one worker, which chooses the same socket by the same header. */
export async function startNginx(socketPath: string): Promise<GrpcWay> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-nginx-'));
  const port = await findFreePort();
  await writeFile(join(folder, 'nginx.conf'), describeNginx({ folder, port, socketPath }));
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', 'stderr'], { stdio: 'ignore' });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const address = `127.0.0.1:${port}`;
  await waitFor('nginx', () => readSocketPath(address));
  return {
    address,
    async stop() {
      await stopProgram(child);
      process.off('exit', end);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface NginxPlace {
  readonly folder: string;
  readonly port: number;
  readonly socketPath: string;
}

function describeNginx({ folder, port, socketPath }: NginxPlace): string {
  // Only who may read the worker's folder can connect to its socket.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `daemon off; ${user} worker_processes 1; pid ${folder}/pid; error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream worker { server unix:${socketPath}; keepalive 256; keepalive_requests 1000000000; }
  map $http_x_deployment_id $agent { default ""; bench-grpc worker; }
  server {
    listen 127.0.0.1:${port} http2;
    keepalive_requests 1000000000;
    location / { if ($agent = "") { return 404; } grpc_pass grpc://$agent; }
  }
}`;
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** What the service says of itself; undefined while it does not answer. */
async function readSocketPath(address: string): Promise<string | undefined> {
  const session = connect(`http://${address}`);
  session.on('error', () => {});
  try {
    const stream = session.request({
      ...{ ':method': 'POST', ':path': '/bench.v1.Echo/Where', te: 'trailers', 'content-type': 'application/grpc' },
      ...named,
    });
    stream.end(Buffer.alloc(5));
    const body = Buffer.concat(await stream.toArray());
    return body.length > 5 ? body.subarray(5).toString() : undefined;
  } finally {
    session.destroy();
  }
}
