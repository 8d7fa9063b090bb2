import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../README.md', import.meta.url);
const begin = '<!-- measured -->\n';
const end = '<!-- /measured -->';

/** Puts the sections into bench/README.md, each in the place of the one with the same id; others stay. */
export function writeTables(machine: string, sections: Readonly<Record<string, string>>): void {
  const text = readFileSync(file, 'utf8');
  const [head = '', rest = ''] = text.split(begin);
  const [measured = '', tail = ''] = rest.split(end);
  const kept = Object.fromEntries(measured.split(/^(?=## )/m).map((section) => [idOf(section), section.trim()]));
  const added = Object.entries(sections).map(([id, section]) => [id, `${section.trim()}\n\nMeasured ${machine}`]);
  const all = Object.entries({ ...kept, ...Object.fromEntries(added) }).filter(([id]) => id !== '');
  const body = all
    .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)))
    .map(([, section]) => `${section}\n\n`)
    .join('');
  writeFileSync(file, `${head}${begin}\n${body}${end}${tail}`);
}

function idOf(section: string): string {
  return /^## (P\d+):/.exec(section)?.[1] ?? '';
}
