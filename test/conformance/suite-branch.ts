import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** One run of pytest in the suite's checkout. */
export interface SuiteRun {
  /** Of the table; undefined: each test's own name tells its binding. */
  readonly row: string | undefined;
  readonly args: readonly string[];
}

/** What of the official suite a checkout is, and how it is run. */
export interface SuiteBranch {
  readonly name: '1.0-dev' | '0.3.x';
  /** True: the card must have 1.0's fields only. */
  readonly strictCards: boolean;
  /** True: it asks for the card at the root of the host, whatever path it is given. */
  readonly atRoot: boolean;
  /** Against the agent at that address. */
  runs(url: string): readonly SuiteRun[];
}

const newBranch: SuiteBranch = {
  name: '1.0-dev',
  strictCards: true,
  atRoot: false,
  runs: (url) => [{ row: undefined, args: ['tests/compatibility', `--sut-host=${url}`, '--tb=line'] }],
};

const categories: readonly (readonly [name: string, folder: string, ...more: readonly string[]])[] = [
  ['mandatory', 'tests/mandatory', '-m', 'mandatory_jsonrpc or mandatory_protocol'],
  ['capabilities', 'tests/optional/capabilities'],
  ['quality', 'tests/optional/quality'],
  ['features', 'tests/optional/features'],
];

const transports = [
  ['JSON-RPC', 'jsonrpc'],
  ['HTTP+JSON', 'rest'],
  ['gRPC', 'grpc'],
] as const;

/** As its `run_tck.py --category all --transports jsonrpc,rest,grpc` does it. */
const oldBranch: SuiteBranch = {
  name: '0.3.x',
  strictCards: false,
  atRoot: true,
  runs(url) {
    const common = [`--sut-url=${url}`, '--test-scope=all', '--tb=short'];
    const single = transports.flatMap(([binding, transport]) =>
      categories.map(([category, folder, ...more]) => {
        const path = transport !== 'jsonrpc' && category === 'mandatory' ? `${folder}/protocol` : folder;
        return { row: `${category}, ${binding}`, args: [path, ...more, ...common, `--transports=${transport}`] };
      }),
    );
    const every = `--transports=${transports.map(([, transport]) => transport).join(',')}`;
    const equal = ['tests/optional/multi_transport', '-m', 'transport_equivalence', ...common, every];
    return [...single, { row: 'equivalence', args: equal }];
  },
};

/** Which branch a checkout is of; undefined when it is none. */
export function findBranch(checkout: string): SuiteBranch | undefined {
  if (existsSync(join(checkout, 'tests/compatibility'))) return newBranch;
  return existsSync(join(checkout, 'tests/mandatory')) ? oldBranch : undefined;
}
