/** Says whether a path of a package's folder (with `/`, relative) stays out of the package. */
export type IgnoreRules = (path: string, directory: boolean) => boolean;

interface Rule {
  readonly segments: readonly string[];
  readonly keep: boolean;
  readonly folderOnly: boolean;
}

const always = [
  '.git',
  '.hg',
  '.svn',
  '.parley',
  '.apkgignore',
  '.venv',
  '.DS_Store',
  '__pycache__',
  '*.pyc',
  '/*.apkg',
  '/*.apkg.sig',
  'node_modules/.bin',
  'node_modules/.cache',
];

/** Greedy with one point of return per pattern: its cost is bounded by the product of the two lengths. */
function matchText(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (pattern[p] === '?' || pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** `**` stands for any number of whole segments. `reach[i]`: the first i segments of the pattern fit what was read so far. */
function matchSegments(pattern: readonly string[], path: readonly string[]): boolean {
  const spread = (reach: boolean[]): boolean[] => {
    pattern.forEach((part, i) => {
      if (part === '**' && reach[i]) reach[i + 1] = true;
    });
    return reach;
  };
  let reach = spread(pattern.map((_, i) => i === 0).concat(pattern.length === 0));
  for (const segment of path) {
    const next = [...pattern, ''].map(() => false);
    pattern.forEach((part, i) => {
      if (!reach[i]) return;
      if (part === '**') next[i] = true;
      else if (matchText(part, segment)) next[i + 1] = true;
    });
    reach = spread(next);
  }
  return reach[pattern.length] === true;
}

function parseRule(line: string): Rule | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const keep = text.startsWith('!');
  const body = keep ? text.slice(1) : text;
  const segments = body.split('/').filter((part) => part !== '');
  if (segments.length === 0) return undefined;
  const anchored = body.replace(/\/$/, '').includes('/');
  return { segments: anchored ? segments : ['**', ...segments], keep, folderOnly: body.endsWith('/') };
}

function parseRules(lines: readonly string[]): readonly Rule[] {
  return lines.map(parseRule).filter((rule) => rule !== undefined);
}

/**
 * The rules of a folder: those of an `.apkgignore` (the syntax of .gitignore without character classes; a later line wins),
 * then those that nobody can lift: version control, caches, virtual environments and what the runtime keeps.
 */
export function createIgnoreRules(ignoreFile: string, extra: readonly string[] = []): IgnoreRules {
  const own = parseRules([...extra, ...ignoreFile.split(/\r?\n/)]);
  const fixed = parseRules(always.map((rule) => (rule.includes('/') && !rule.startsWith('/') ? `**/${rule}` : rule)));
  return (path, directory) => {
    const segments = path.split('/');
    const fits = (rule: Rule) => (directory || !rule.folderOnly) && matchSegments(rule.segments, segments);
    const last = own.findLast(fits);
    return fixed.some(fits) || (last !== undefined && !last.keep);
  };
}
