import { ParleyError } from '../../base/index.ts';
import { sealedPrefix } from '../../security/index.ts';
import type { MarketMessage } from './records.ts';

const maxIdLength = 200;
const maxTextLength = 10_000;
/** Of a text that is sealed, as base64 of its UTF-8 and what seals it. */
const maxSealedLength: number = maxTextLength * 5;
const maxCapabilities = 100;
const maxRounds = 1_000;

/**
 * Refuses what Avro lets through and nobody can mean: names that are empty or endless, prices below nothing or that are no numbers. Anybody
 * may write to the log. RECORD_INVALID with the field.
 */
export function checkMessage(message: MarketMessage): void {
  checkId('task_id', message.value.taskId);
  checkWhole('timestamp', message.value.timestamp);
  if (message.topic === 'task-requests') checkRequest(message.value);
  else if (message.topic === 'task-responses') checkResponse(message.value);
  else if (message.topic === 'negotiations') checkNegotiation(message.value);
  else checkAward(message.value);
}

type ValueOf<Topic extends MarketMessage['topic']> = Extract<MarketMessage, { readonly topic: Topic }>['value'];

function checkRequest(value: ValueOf<'task-requests'>): void {
  checkId('requester_id', value.requesterId);
  checkText('description', value.description);
  checkPrice('proposed_cost', value.proposedCost);
  checkPrice('budget', value.budget);
  if (value.requiredCapabilities.length > maxCapabilities) {
    throw invalid('required_capabilities', `has over ${maxCapabilities} entries`);
  }
  for (const capability of value.requiredCapabilities) checkId('required_capabilities', capability);
  if (value.awardedBy !== null) checkId('awarded_by', value.awardedBy);
  checkWhole('deadline', value.deadline);
  checkWhole('offers_until', value.offersUntil);
  checkWhole('max_rounds', value.maxRounds, maxRounds);
}

function checkResponse(value: ValueOf<'task-responses'>): void {
  checkId('responder_id', value.responderId);
  if (value.providerId !== null) checkId('provider_id', value.providerId);
  checkPrice('counter_offer', value.counterOffer);
  checkText('message', value.message);
  checkText('code', value.code, maxIdLength);
  checkWhole('eta_ms', value.etaMs);
  if (value.award !== null) checkFence(value.award);
  if (value.result !== null && value.status !== 'COMPLETED' && value.status !== 'FAILED') {
    throw invalid('result', 'is there, though nothing has ended');
  }
  checkPrice('progress', value.progress);
  if (value.progress !== null && value.progress > 1) throw invalid('progress', 'is over 1');
}

function checkNegotiation(value: ValueOf<'negotiations'>): void {
  checkId('sender_id', value.senderId);
  checkId('receiver_id', value.receiverId);
  checkPrice('offer', value.offer);
  checkText('message', value.message);
}

function checkAward(value: ValueOf<'task-awards'>): void {
  checkFence(value.award);
  checkId('requester_id', value.requesterId);
  // A withdrawal may take back a request that nobody was awarded.
  if (!value.withdrawn || value.providerId !== '') checkId('provider_id', value.providerId);
  if (value.executorId !== null) checkId('executor_id', value.executorId);
  checkPrice('price', value.price);
  checkText('reason', value.reason);
  checkText('code', value.code, maxIdLength);
  checkWhole('deadline', value.deadline);
}

function checkId(field: string, id: string): void {
  if (id === '') throw invalid(field, 'is empty');
  if (id.length > maxIdLength) throw invalid(field, `has over ${maxIdLength} characters`);
  if (/\p{Cc}/u.test(id)) throw invalid(field, 'has control characters');
}

function checkText(field: string, text: string | null, most: number = maxTextLength): void {
  const maxLength = text?.startsWith(sealedPrefix) && most === maxTextLength ? maxSealedLength : most;
  if (text !== null && text.length > maxLength) throw invalid(field, `has over ${maxLength} characters`);
}

function checkPrice(field: string, price: number | null): void {
  if (price !== null && !(Number.isFinite(price) && price >= 0)) throw invalid(field, 'is no number from 0 on');
}

function checkWhole(field: string, value: number | null, max: number = Number.MAX_SAFE_INTEGER): void {
  if (value !== null && !(Number.isSafeInteger(value) && value >= 0 && value <= max)) {
    throw invalid(field, `is no whole number from 0 to ${max}`);
  }
}

function checkFence(award: number): void {
  if (award < 1) throw invalid('award', 'is no whole number from 1 on');
}

function invalid(field: string, why: string): ParleyError {
  const message = `The field ${field} of a record of the market ${why}. Nobody acts on the record.`;
  return new ParleyError('RECORD_INVALID', message, { details: { field } });
}
