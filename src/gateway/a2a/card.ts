import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { resolveVersion } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { addVary, sendFailure, sendText } from '../edge/reply.ts';
import { headerOf, queryOf } from '../edge/request.ts';
import { contentTypeOf, plainWire } from '../edge/wire.ts';
import { resolveTarget } from './target.ts';

const cacheControl = 'public, max-age=60';

/** An agent's public card, with what a cache needs to keep it right. `id` undefined: the fabric's own, at the root. */
export function serveCard(door: Door, request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  try {
    const body = formatCard(door, request, id);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    reply.header('cache-control', cacheControl).header('etag', etag);
    addVary(reply, 'A2A-Version');
    if (isKnown(headerOf(request, 'if-none-match'), etag)) reply.code(304).send();
    else sendText(reply, { status: 200, contentType: contentTypeOf(plainWire), body });
  } catch (thrown) {
    sendFailure(reply, plainWire, thrown, door.options.logger);
  }
}

function formatCard(door: Door, request: FastifyRequest, id: string | undefined): string {
  const { registry, fabricAgentId, createCard } = door.services();
  const codec = resolveVersion({
    header: headerOf(request, 'a2a-version'),
    query: queryOf(request).get('A2A-Version') ?? undefined,
  });
  const { record } = resolveTarget(registry, id ?? fabricAgentId).listing;
  const root = door.options.publicUrl ?? `http://${request.headers.host}`;
  return JSON.stringify(
    codec.encodeCard(createCard({ record, baseUrl: id === undefined ? root : `${root}/a2a/${id}` })),
  );
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
}
