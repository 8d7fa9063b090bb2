import type { NegotiationView } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { plainLines, plainText } from '../plain-text.ts';
import { formatFields, formatTable } from '../table.ts';
import { formatPrice } from './format-price.ts';

/** What happened between two states of a negotiation, a line for each; everything when there is no earlier one. */
export function describeChanges(before: NegotiationView | undefined, after: NegotiationView): readonly string[] {
  return [...offerChanges(before, after), ...awardChanges(before, after), ...workChanges(before, after)].map(plainText);
}

function offerChanges(before: NegotiationView | undefined, { offers }: NegotiationView): readonly string[] {
  const seen = new Set(before?.offers.map((offer) => JSON.stringify(offer)));
  return offers
    .filter((offer) => !seen.has(JSON.stringify(offer)))
    .map(({ providerId, state, price, message }) => {
      if (state === 'offered') return `${providerId} offers to do it ${formatPrice(price)}`;
      return `${providerId} ${state === 'gone' ? 'is gone' : withReason('refuses', message)}`;
    });
}

function awardChanges(before: NegotiationView | undefined, { awards }: NegotiationView): readonly string[] {
  return awards.flatMap((award) => {
    const { number, providerId, executorId, price, state } = award;
    const known = before?.awards.find((earlier) => earlier.number === number);
    if (known?.state === state) return [];
    const given = known ? [] : [`award ${number} goes to ${providerId} ${formatPrice(price)}`];
    const said = state === 'running' ? `${executorId ?? providerId} works on award ${number}` : told[state];
    return said === undefined ? given : [...given, said.replace('#', String(number))];
  });
}

/** What the phase of the whole does not say. */
const told: Partial<Record<NegotiationView['awards'][number]['state'], string>> = {
  confirmed: 'award # is confirmed',
  failed: 'award # has failed',
  replaced: 'award # came to nothing',
};

function workChanges(before: NegotiationView | undefined, after: NegotiationView): readonly string[] {
  const { progress, phase, message } = after;
  const moved = progress !== undefined && progress > (before?.progress ?? 0) && phase === 'running';
  return [
    ...(moved ? [`${Math.round(progress * 100)} % are done`] : []),
    ...(phase === before?.phase || isToldByAward(phase) ? [] : [withReason(phase, message)]),
  ];
}

function isToldByAward(phase: NegotiationView['phase']): boolean {
  return phase === 'awarded' || phase === 'running';
}

function withReason(what: string, reason: string | undefined): string {
  return reason === undefined || reason === '' ? what : `${what}: ${reason}`;
}

/** The negotiation without its records. */
export function formatNegotiation(negotiation: NegotiationView): string {
  const { awards, offers, result } = negotiation;
  const tables = [
    ...(offers.length === 0 ? [] : [formatOffers(offers)]),
    ...(awards.length === 0 ? [] : [formatAwards(awards)]),
    ...(result === undefined ? [] : [formatResult(result)]),
  ];
  return [formatHead(negotiation), ...tables].join('\n\n');
}

function formatHead(negotiation: NegotiationView): string {
  const { taskId, requesterId, description, phase, message, code, proposedCost, priority } = negotiation;
  const { requiredCapabilities, deadlineAtMs, createdAtMs, updatedAtMs, rounds } = negotiation;
  return formatFields([
    ['task', taskId],
    ['phase', withReason(code === undefined ? phase : `${phase} (${code})`, message)],
    ['requester', requesterId],
    ['description', description],
    ...(proposedCost === undefined ? [] : [['proposed', formatPrice(proposedCost)] as const]),
    ['priority', String(priority)],
    ...(requiredCapabilities.length === 0 ? [] : [['needs', requiredCapabilities.join(', ')] as const]),
    ...(deadlineAtMs === undefined ? [] : [['deadline', formatTime(deadlineAtMs)] as const]),
    ['rounds', String(rounds)],
    ['created', formatTime(createdAtMs)],
    ['updated', formatTime(updatedAtMs)],
  ]);
}

function formatOffers(offers: NegotiationView['offers']): string {
  const rows = offers.map(({ providerId, state, price, etaMs, message }) => {
    return [providerId, state, formatPrice(price), etaMs === undefined ? '-' : `${etaMs} ms`, message ?? ''];
  });
  return formatTable(['PROVIDER', 'ANSWER', 'PRICE', 'TAKES', 'MESSAGE'], rows);
}

function formatAwards(awards: NegotiationView['awards']): string {
  const rows = awards.map(({ number, providerId, executorId, price, state, atMs }) => {
    return [String(number), providerId, executorId ?? '-', formatPrice(price), state, formatTime(atMs)];
  });
  return formatTable(['AWARD', 'PROVIDER', 'EXECUTOR', 'PRICE', 'STATE', 'AT'], rows);
}

/** What came out: texts as they are, data as JSON, everything else as the part that it is. */
export function formatResult(parts: NonNullable<NegotiationView['result']>): string {
  return plainLines(parts.map(formatPart).join('\n'));
}

function formatPart(part: object): string {
  if ('text' in part) return String(part.text);
  return JSON.stringify('data' in part ? part.data : part, undefined, 2);
}
