const quote = 0x22;
const backslash = 0x5c;
const openers: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closers: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** True when arrays and objects of the JSON text lie in one another deeper than `limit`: what walks through them would overflow. */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (isQuoted && code === backslash) i++;
    else if (code === quote) isQuoted = !isQuoted;
    else if (!isQuoted && openers.has(code) && ++depth > limit) return true;
    else if (!isQuoted && closers.has(code)) depth--;
  }
  return false;
}
