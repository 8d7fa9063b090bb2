const units: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
const leastBytes = 1024 ** 2;

/** An amount of memory as people write it, such as 256M or 1.5G, in bytes; undefined when it is none, or under 1M. */
export function parseMemoryAmount(text: string): number | undefined {
  const [, figure, unit = ''] = /^(\d+(?:\.\d+)?)([KMG]?)B?$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(figure) * (units[unit.toUpperCase()] ?? Number.NaN));
  return Number.isSafeInteger(bytes) && bytes >= leastBytes ? bytes : undefined;
}
