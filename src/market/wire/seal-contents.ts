import { isObject } from '../../base/index.ts';
import type { Sealer } from '../../security/index.ts';
import type { MarketRecord } from './records.ts';

/** The keys of those whose data records carry; undefined: it was erased, or is another fabric's. */
export interface ContentKeys {
  find(id: string): Promise<Sealer | undefined>;
}

/** In place of a description that was erased. */
const erased = 'erased';

/** What of the values of all topics says what is wanted, done and answered. What else they have is the course of a negotiation. */
const contentFields = ['description', 'input', 'message', 'result', 'reason'] as const;

type Change = (text: string, field: (typeof contentFields)[number]) => string | null;

/** The record as it goes into the log: its contents sealed, when it names a key; without them when the key is gone. */
export async function sealRecord(record: MarketRecord, keys: ContentKeys): Promise<MarketRecord> {
  if (record.sealedWith === undefined) return record;
  const sealer = await keys.find(record.sealedWith);
  const bind = bindingOf(record.value.taskId);
  return sealer === undefined ? eraseRecord(record) : changed(record, (text) => sealer.seal(bind + text));
}

/** The record as it was before it was sealed; without its contents when they cannot be opened. */
export async function openRecord(record: MarketRecord, keys: ContentKeys): Promise<MarketRecord> {
  if (record.sealedWith === undefined) return record;
  const open = openerOf(await keys.find(record.sealedWith), record.value.taskId);
  return changed(record, (text, field) => open(text) ?? placeholderOf(field));
}

/** The record without what it says of anybody's affairs. */
export function eraseRecord(record: MarketRecord): MarketRecord {
  return changed(record, (_text, field) => placeholderOf(field));
}

/** What is asked for cannot be read: nobody is to bid for it. */
export function isUnreadable(record: MarketRecord): boolean {
  return record.topic === 'task-requests' && record.sealedWith !== undefined && record.value.description === erased;
}

/** A decoded value of the log, of whatever topic, with its contents open; as far as they cannot be opened, without. */
export async function openValue<T>(value: T, sealedWith: string, keys: ContentKeys): Promise<T> {
  if (!isObject(value)) return value;
  const open = openerOf(await keys.find(sealedWith), String(value['task_id']));
  return changedValue(value, (text, field) => open(text) ?? placeholderOf(field));
}

function placeholderOf(field: (typeof contentFields)[number]): string | null {
  return field === 'description' ? erased : null;
}

function changed(record: MarketRecord, change: Change): MarketRecord {
  // The members and their types stay, whatever the topic.
  return { ...record, value: changedValue(record.value, change) } as MarketRecord;
}

function changedValue<T extends object>(value: T, change: Change): T {
  const said = contentFields.flatMap((field) => {
    const text: unknown = Reflect.get(value, field);
    return typeof text === 'string' ? [[field, change(text, field)] as const] : [];
  });
  return { ...value, ...Object.fromEntries(said) };
}

/** Nobody has another task's contents opened by putting them into one of his own. */
function bindingOf(taskId: string): string {
  return `${taskId}\n`;
}

function openerOf(sealer: Sealer | undefined, taskId: string): (sealed: string) => string | undefined {
  const bind = bindingOf(taskId);
  return (sealed) => {
    try {
      const text = sealer?.open(sealed);
      return text?.startsWith(bind) ? text.slice(bind.length) : undefined;
    } catch {
      // Sealed with something else, or not at all.
      return undefined;
    }
  };
}
