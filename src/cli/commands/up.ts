import type { Command } from 'commander';
import { parsePort } from '../parse-options.ts';
import type { Runner } from '../runner.ts';

interface Options {
  readonly host?: string;
  readonly port?: number;
  readonly config?: string;
  readonly agents?: string;
  readonly bridge?: string;
  readonly examples?: boolean;
  readonly deploy?: readonly string[];
  readonly insecureOperator?: boolean;
}

const examples = `
Examples:
  parley up                              on http://127.0.0.1:8000
  parley up --examples                   with the example agents
  parley up --deploy ./a --deploy b.apkg with your own
  parley up --port 0 -o json             on a free port, one JSON object per line`;

/** Adds `up`. */
export function addUpCommand(program: Command, { run }: Runner): void {
  program
    .command('up')
    .description('start a node and stay with it until Ctrl-C')
    .option('--host <host>', 'address to listen on; only loopback while callers have no identity')
    .option('--port <port>', 'port of the front door, 0 for a free one', parsePort)
    .option('--config <file>', 'settings; default: config.yaml in the data folder')
    .option('--agents <file>', 'YAML file that names agents which run elsewhere')
    .option('--bridge <url>', 'let agents of this Redis be agents here, and the other way round')
    .option('--examples', 'deploy the examples')
    .option('--deploy <path>', 'deploy a package or a folder; may be given several times', collect)
    .option('--insecure-operator', 'let anybody on this machine command the node')
    .addHelpText('after', examples)
    .action(
      run<Options, []>(async ({ dataFolder, json }, options) => {
        const { host, port, config, agents, bridge } = options;
        // The node is loaded only here, so that the other commands start at once.
        const { runUp } = await import('../../app/index.ts');
        return runUp({
          dataFolder,
          ...(host !== undefined && { host }),
          ...(port !== undefined && { port }),
          ...(config !== undefined && { configFile: config }),
          ...(agents !== undefined && { agentsFile: agents }),
          ...(bridge !== undefined && { bridge }),
          examples: options.examples ?? false,
          insecureOperator: options.insecureOperator ?? false,
          deploy: options.deploy ?? [],
          output: json ? 'json' : 'text',
        });
      }),
    );
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
