import type { LoadPlan } from './load-plan.ts';

const slot = '000000000000';

/** The bytes of one request, ready but for the number that makes it unlike the others. */
export function createRequestTemplate(plan: LoadPlan): (unique: number) => Buffer {
  const { host, pathname, search } = new URL(plan.url);
  const lines = [
    `${plan.method ?? 'POST'} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(plan.body)}`,
    ...Object.entries(plan.headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${plan.body}`);
  const slots = findSlots(bytes);
  return (unique) => {
    const copy = Buffer.from(bytes);
    const digits = String(unique).padStart(slot.length, '0').slice(-slot.length);
    for (const at of slots) copy.write(digits, at, 'latin1');
    return copy;
  };
}

function findSlots(bytes: Buffer): readonly number[] {
  const slots: number[] = [];
  for (let at = bytes.indexOf(slot); at >= 0; at = bytes.indexOf(slot, at + slot.length)) slots.push(at);
  return slots;
}
