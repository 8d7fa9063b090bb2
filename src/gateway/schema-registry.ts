import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Logger, ParleyError } from '../base/index.ts';
import type { Principal } from '../security/index.ts';
import type { Door } from './door.ts';
import { sendText } from './edge/reply.ts';
import { queryOf } from './edge/request.ts';
import { callerOf } from './tls/caller-connections.ts';

const root = '/schema-registry';
const mediaType = 'application/vnd.schemaregistry.v1+json';

/** Mounts the REST API of the node's own schema registry, which is that of Confluent's. Changes are for operators. */
export function mountSchemaRegistry(app: FastifyInstance, door: Door): void {
  for (const url of [root, `${root}/*`]) {
    app.route({
      method: ['GET', 'POST', 'PUT', 'DELETE'],
      url,
      handler: (request, reply) => void serve(door, request, reply),
    });
  }
}

async function serve(door: Door, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  try {
    const { authenticator, schemaRegistry } = door.services();
    const authorization = toBearer(request.headers.authorization);
    const principal = await authenticator.authenticate(authorization, callerOf(request.raw));
    if (schemaRegistry === undefined) throw elsewhere();
    const rest = await schemaRegistry();
    const { method } = request;
    const path = request.url.split('?', 1)[0]?.slice(root.length) ?? '';
    if (rest.changes({ method, path })) requireOperator(principal);
    const body = Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '';
    const answer = await rest.handle({ method, path, query: queryOf(request), body });
    sendText(reply, { status: answer.status, contentType: mediaType, body: JSON.stringify(answer.body) });
  } catch (thrown) {
    sendRefusal(reply, ParleyError.from(thrown), door.options.logger);
  }
}

/** Clients of registries know user and password more often than tokens: the password is taken for the token. */
function toBearer(authorization: string | undefined): string | undefined {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (basic === undefined) return authorization;
  const user = Buffer.from(basic, 'base64').toString('utf8');
  return `Bearer ${user.slice(user.indexOf(':') + 1)}`;
}

function requireOperator(principal: Principal): void {
  if (principal.kind === 'operator') return;
  const hint = 'Send the token from the data folder, as "Authorization: Bearer <token>" or as the password.';
  if (principal.kind === 'anonymous')
    throw new ParleyError('UNAUTHENTICATED', `Schemas are changed by operators. ${hint}`);
  throw new ParleyError('PERMISSION_DENIED', `${principal.id} may read schemas, but not change them. ${hint}`);
}

function elsewhere(): ParleyError {
  const message = 'This node has no schema registry of its own: schemaRegistry.url says which one it uses.';
  return new ParleyError('NOT_FOUND', message);
}

/** In the API's own form, so that its clients show the reason. */
function sendRefusal(reply: FastifyReply, error: ParleyError, logger: Logger): void {
  const { http } = error.entry;
  if (http >= 500) logger.error('the schema registry failed', { code: error.code, error: error.stack });
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Basic realm="parley", Bearer realm="parley"');
  if (reply.sent || reply.raw.destroyed) return;
  const body = { error_code: http >= 500 ? 50001 : http, message: error.message };
  sendText(reply, { status: http, contentType: mediaType, body: JSON.stringify(body) });
}
