type Version = readonly [major: number, minor: number, patch: number];

const part = /^(>=|<=|>|<|==|=|\^|~)?\s*v?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:[-+][\w.+-]*)?$/;

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function parsePart(text: string): { operator: string; version: Version } | undefined {
  const found = part.exec(text);
  if (found === null) return undefined;
  const [, operator = '^', major = '0', minor = '0', patch = '0'] = found;
  return { operator, version: [Number(major), Number(minor), Number(patch)] };
}

function fits(actual: Version, operator: string, wanted: Version): boolean {
  const order = compare(actual, wanted);
  if (operator === '>=') return order >= 0;
  if (operator === '>') return order > 0;
  if (operator === '<=') return order <= 0;
  if (operator === '<') return order < 0;
  if (operator === '=' || operator === '==') return order === 0;
  const sameLine = actual[0] === wanted[0] && (operator === '^' || actual[1] === wanted[1]);
  return sameLine && order >= 0;
}

/**
 * Whether `actual` lies in `range`: parts joined by blanks or commas, each an operator and a version; a bare version means
 * that one or newer with the same major. Undefined when the range cannot be read.
 */
export function satisfiesRange(actual: string, range: string): boolean | undefined {
  const parts = range
    .replace(/([<>=^~])\s+/g, '$1')
    .split(/[\s,]+/)
    .filter((text) => text !== '')
    .map(parsePart);
  const own = parsePart(actual);
  if (own === undefined || parts.length === 0) return undefined;
  let all = true;
  for (const wanted of parts) {
    if (wanted === undefined) return undefined;
    all &&= fits(own.version, wanted.operator, wanted.version);
  }
  return all;
}
