const pattern = /^v?(\d+(?:\.\d+)*)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

interface Parsed {
  readonly numbers: readonly string[];
  readonly prerelease: readonly string[];
}

/**
 * Pure: below zero, zero or above as `a` is lower than, equal to or higher than `b`, in the order of Semantic Versioning.
 * Missing numbers are 0 (`1.2` is `1.2.0`), more than three are compared, too. Undefined when one of them is of another form:
 * such versions have no order.
 */
export function compareVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  const [left, right] = [parse(a), parse(b)];
  if (left === undefined || right === undefined) return undefined;
  return compareLists(left.numbers, right.numbers, '0') || comparePrereleases(left.prerelease, right.prerelease);
}

function parse(text: string): Parsed | undefined {
  const [, numbers, prerelease] = pattern.exec(text) ?? [];
  if (numbers === undefined) return undefined;
  return { numbers: numbers.split('.'), prerelease: prerelease?.split('.') ?? [] };
}

/** A version without a prerelease is higher than one with. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  return compareLists(a, b, undefined);
}

function compareLists(a: readonly string[], b: readonly string[], missing: string | undefined): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index] ?? missing;
    const right = b[index] ?? missing;
    const order = left === undefined ? -1 : right === undefined ? 1 : compareParts(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/** Numbers by value, whatever their length; words by character; a number is lower than a word. */
function compareParts(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) {
    const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
    return x.length - y.length || compareText(x, y);
  }
  if (left !== right) return left ? -1 : 1;
  return compareText(a, b);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
