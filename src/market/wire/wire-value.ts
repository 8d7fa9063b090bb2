/** A value as Avro has it: `taskId` is `task_id`. Unknown and missing members stay so. */
export function toWireValue(value: object): Record<string, unknown> {
  return rename(value, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

/** A value of Avro as we have it: `task_id` is `taskId`. */
export function fromWireValue(value: object): Record<string, unknown> {
  return rename(value, (name) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));
}

function rename(value: object, change: (name: string) => string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [change(name), member]));
}
