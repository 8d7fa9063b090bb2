import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { formatTimestamp, type JsonObject } from '../base/index.ts';
import type { AgentListing } from '../registry/index.ts';
import { mayReach, type Principal } from '../security/index.ts';
import { keysPath } from './a2a/sign-card.ts';
import type { Door } from './door.ts';
import { sendFailure, sendResult, sendText } from './edge/reply.ts';
import { requireObserver } from './edge/require-observer.ts';
import { plainWire } from './edge/wire.ts';
import { callerOf } from './tls/caller-connections.ts';

/** Where the node answers that it lives, whatever else it can do. */
export const healthPath = '/health';

/** Mounts `/health`, `/a2a/health`, `/agents`, the fabric's public keys and, when there are metrics, `/metrics`. */
export function mountFabric(app: FastifyInstance, door: Door): void {
  app.get(healthPath, { exposeHeadRoute: true }, (_request, reply) => {
    const { version, clock } = door.options;
    const store = door.options.store?.();
    // A store that is away comes back by itself: restarting the node would not help.
    const health = { status: 'healthy', version, timestamp: formatTimestamp(clock.now()), ...(store && { store }) };
    sendResult(reply, plainWire, health);
  });
  app.get('/a2a/health', (_request, reply) => sendResult(reply, plainWire, describeA2a(door)));
  for (const path of ['/agents', '/runtime/agents']) {
    app.get(path, (request, reply) => serveAgents(door, request, reply));
  }
  app.get(keysPath, (_request, reply) => serveKeys(door, reply));
  const { metrics } = door.options;
  if (metrics) {
    app.get('/metrics', async (request, reply) => {
      await requireObserver(door.services().authenticator, request.raw);
      reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      return await metrics();
    });
  }
}

/** As deployments say it of themselves. Before the node answers calls, this route is refused as all others are. */
function describeA2a({ options, services, grpcAddress }: Door): JsonObject {
  const grpc = grpcAddress(services().fabricAgentId);
  const port = grpc === undefined ? null : Number(grpc.slice(grpc.lastIndexOf(':') + 1));
  return { ok: true, service: 'a2a', port, timestamp: formatTimestamp(options.clock.now()) };
}

async function serveKeys(door: Door, reply: FastifyReply): Promise<void> {
  try {
    const keys = await door.services().publicKeys();
    reply.header('cache-control', 'public, max-age=300');
    sendText(reply, { status: 200, contentType: 'application/jwk-set+json', body: JSON.stringify(keys) });
  } catch (thrown) {
    sendFailure(reply, plainWire, thrown, door.options.logger);
  }
}

/** Agents that the caller may do something with; private ones for the operator only. */
async function serveAgents(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    const { registry, authenticator } = door.services();
    const principal = await authenticator.authenticate(request.headers.authorization, callerOf(request.raw));
    const visible = registry.list().filter(({ record }) => isVisible(record, principal));
    sendResult(reply, plainWire, { agents: visible.map(formatAgent) });
  } catch (thrown) {
    sendFailure(reply, plainWire, thrown, door.options.logger);
  }
}

function isVisible({ id, private: isPrivate }: AgentListing['record'], principal: Principal): boolean {
  return principal.kind === 'operator' || (!isPrivate && mayReach(principal, id));
}

type AgentLine = Readonly<Record<'id' | 'package_id' | 'name' | 'description' | 'status', string>> & {
  readonly private: boolean;
};

function formatAgent({ record, status }: AgentListing): AgentLine {
  return {
    id: record.id,
    package_id: record.packageId,
    name: record.name,
    description: record.description,
    status,
    private: record.private,
  };
}
