import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonObject } from '../../base/index.ts';
import { type AgentCard, addOldFields, encodeOldCard, resolveVersion } from '../../protocol/index.ts';
import type { AgentListing } from '../../registry/index.ts';
import type { Door } from '../door.ts';
import { isLoopbackHost } from '../edge/host-name.ts';
import { addVary, sendFailure, sendText } from '../edge/reply.ts';
import { headerOf, queryOf } from '../edge/request.ts';
import { contentTypeOf, plainWire } from '../edge/wire.ts';
import { resolveTarget } from './target.ts';

const cacheControl = 'public, max-age=60';

/** An agent's public card, with what a cache needs to keep it right. `id` undefined: the fabric's own, at the root. */
export function serveCard(door: Door, request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  sendCard({ door, request, reply, id, encode: () => chooseEncoder(door, request) });
}

/** The same as clients of 0.2.6 look for it. */
export function serveOldCard(door: Door, request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  sendCard({ door, request, reply, id, encode: () => encodeOldCard });
}

type EncodeCard = (card: AgentCard) => JsonObject;

interface CardExchange {
  readonly door: Door;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly id: string | undefined;
  readonly encode: () => EncodeCard;
}

function sendCard(exchange: CardExchange): void {
  const { door, request, reply, id } = exchange;
  try {
    const record = findRecord(door, id);
    const body = formatCard(exchange, record);
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    reply.header('cache-control', cacheControl).header('etag', etag);
    reply.header('last-modified', new Date(modifiedAtMs(record, door)).toUTCString());
    addVary(reply, 'A2A-Version');
    if (isKnown(headerOf(request, 'if-none-match'), etag)) reply.code(304).send();
    else sendText(reply, { status: 200, contentType: contentTypeOf(plainWire), body });
  } catch (thrown) {
    sendFailure(reply, plainWire, thrown, door.options.logger);
  }
}

/** Who names a version gets its pure shape. Without one the card is 1.0's, with 0.3's fields beside, unless the setting forbids it. */
function chooseEncoder(door: Door, request: FastifyRequest): EncodeCard {
  const header = headerOf(request, 'a2a-version')?.trim() || queryOf(request).get('A2A-Version')?.trim();
  const codec = resolveVersion({ header: header || undefined });
  if (header || door.options.strictCards) return codec.encodeCard;
  return (card) => addOldFields(card, codec.encodeCard(card));
}

type AgentRecord = AgentListing['record'];

function findRecord(door: Door, id: string | undefined): AgentRecord {
  const { registry, fabricAgentId } = door.services();
  return resolveTarget(registry, id ?? fabricAgentId).listing.record;
}

function formatCard({ door, request, id, encode }: CardExchange, record: AgentRecord): string {
  const root = door.options.publicUrl ?? `http://${request.headers.host}`;
  const baseUrl = id === undefined ? root : `${root}/a2a/${id}`;
  const grpcAddress = isOnLoopback(root) ? door.grpcAddress(id ?? door.services().fabricAgentId) : undefined;
  const card = door.services().createCard({ record, baseUrl, grpcAddress });
  return JSON.stringify(encode()(card));
}

/** gRPC is reached on loopback alone: who came another way is not told of it. */
function isOnLoopback(root: string): boolean {
  return URL.canParse(root) && isLoopbackHost(new URL(root).hostname);
}

const firstSeen = new WeakMap<AgentRecord, number>();

/** When this record was first served: it changes with every announcement of its agent. */
function modifiedAtMs(record: AgentRecord, { options }: Door): number {
  const known = firstSeen.get(record) ?? options.clock.now();
  firstSeen.set(record, known);
  return known;
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag || tag.trim() === '*');
}
