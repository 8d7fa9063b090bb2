import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { JsonObject } from '../../base/index.ts';
import { type AgentCard, addOldFields, encodeOldCard, resolveVersion } from '../../protocol/index.ts';
import type { Door } from '../door.ts';
import { addVary, sendFailure, sendResult, sendText } from '../edge/reply.ts';
import { headerOf, queryOf } from '../edge/request.ts';
import { contentTypeOf, oldRestWire, plainWire } from '../edge/wire.ts';
import { readRequestContext } from './call-context.ts';
import { type CardPlace, findCardPlace } from './card-place.ts';
import { createExtendedCard } from './extended-card.ts';
import { signCard } from './sign-card.ts';

const cacheControl = 'public, max-age=60';

/** An agent's public card, with what a cache needs to keep it right. `id` undefined: the fabric's own, at the root. */
export function serveCard(door: Door, request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  sendCard({ door, request, reply, id, encode: () => chooseEncoder(door, request) });
}

/** The same as clients of 0.2.6 look for it. */
export function serveOldCard(door: Door, request: FastifyRequest, reply: FastifyReply, id: string | undefined): void {
  sendCard({ door, request, reply, id, encode: () => encodeOldCard });
}

/** The extended card as clients of 0.2.6 ask for it. */
export async function serveOldExtendedCard(
  door: Door,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string | undefined,
): Promise<void> {
  try {
    const services = door.services();
    const context = await readRequestContext(door, request);
    const place = findCardPlace(door, request, id);
    const card = encodeOldCard(createExtendedCard({ services, context, place, version: '0.3' }));
    sendResult(reply, oldRestWire, signCard(card, services, place.root));
  } catch (thrown) {
    sendFailure(reply, oldRestWire, thrown, door.options.logger);
  }
}

type EncodeCard = (card: AgentCard) => JsonObject;

interface CardExchange {
  readonly door: Door;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly id: string | undefined;
  readonly encode: () => EncodeCard;
}

function sendCard({ door, request, reply, id, encode }: CardExchange): void {
  try {
    const services = door.services();
    const place = findCardPlace(door, request, id);
    const body = JSON.stringify(signCard(encode()(services.createCard(place)), services, place.root));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    reply.header('cache-control', cacheControl).header('etag', etag);
    reply.header('last-modified', new Date(modifiedAtMs(place.record, door)).toUTCString());
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

type AgentRecord = CardPlace['record'];

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
