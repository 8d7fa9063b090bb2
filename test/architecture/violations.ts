import { type Import, readImports, sourceFiles } from './imports.ts';
import { advice, composers, owners, rooms } from './rooms.ts';

/** Everything in src/ of the project at `root` that the table of rooms does not allow, one sentence each. */
export function findViolations(root: string): readonly string[] {
  const imports = readImports(root, sourceFiles(root, 'src'));
  return [...imports.flatMap(violationsOf), ...findCycles(imports)];
}

function violationsOf(statement: Import): readonly string[] {
  return statement.target === undefined
    ? violationsOfPackage(statement)
    : violationsOfFile(statement, statement.target);
}

function violationsOfFile({ file, specifier }: Import, target: string): readonly string[] {
  const from = roomOf(file);
  const to = roomOf(target);
  if (from === to) return [];
  const found: string[] = [];
  const allowed = ['base', ...(rooms[from]?.mayImport ?? [])];
  if (!isTest(file) && !allowed.includes(to)) {
    found.push(`${file} imports ${specifier}, but ${from} may not import ${to}. ${advice.room}`);
  }
  if (!doorsOf(to).includes(target)) {
    found.push(`${file} imports ${specifier}, which is not the door of ${to}. ${advice.door}`);
  }
  if (isAdapter(to, target) && !isTest(file) && !composers.includes(from)) {
    found.push(`${file} imports ${specifier}, an adapter of ${to}. ${advice.adapter}`);
  }
  return found;
}

function doorsOf(room: string): readonly string[] {
  const { doors = [], adapters = [] } = rooms[room] ?? {};
  return [`src/${room}/index.ts`, ...[...doors, ...adapters].map((folder) => `src/${room}/${folder}/index.ts`)];
}

function isAdapter(room: string, target: string): boolean {
  return rooms[room]?.adapters?.some((folder) => target.startsWith(`src/${room}/${folder}/`)) ?? false;
}

function violationsOfPackage({ file, specifier }: Import): readonly string[] {
  const name = packageOf(specifier);
  const folders = owners[name];
  if (isTest(file) || folders?.some((folder) => file.startsWith(`src/${folder}/`))) return [];
  if (folders === undefined && name.startsWith('node:')) return [];
  return [`${file} imports ${name}, which belongs to ${folders?.join(', ') ?? 'no room'}. ${advice.owner}`];
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

function isTest(file: string): boolean {
  return /\.(test|fixture)\.ts$/.test(file);
}

/** Each cycle between files once, type-only imports included. */
function findCycles(imports: readonly Import[]): readonly string[] {
  const graph = Map.groupBy(imports, (statement) => statement.file);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push(`${[...path.slice(start), file].join(' → ')} is a cycle. ${advice.cycle}`);
    if (start >= 0 || done.has(file)) return;
    for (const { target } of graph.get(file) ?? []) if (target !== undefined) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}
