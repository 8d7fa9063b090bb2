import type { Command } from 'commander';
import { ParleyError } from '../../base/index.ts';
import { openDevNode } from '../dev/dev-node.ts';
import { createDevScreen } from '../dev/dev-screen.ts';
import { findAccess } from '../discovery.ts';
import { findPackageSource } from '../package-source.ts';
import { collectVariable, parsePort } from '../parse-options.ts';
import type { Runner } from '../runner.ts';

interface Options {
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const examples = `
Examples:
  parley dev ./my-agent                  on the node that runs, or one of its own
  parley dev ./my-agent --port 0         always on a node of its own, on a free port
  parley dev . --env KEY=value -o json   one JSON object per line`;

/** Adds `dev`. */
export function addDevCommand(program: Command, { run }: Runner): void {
  program
    .command('dev')
    .description('run a folder and reload it after each change, until Ctrl-C')
    .argument('<folder>', 'the folder with agent.yaml')
    .option('--port <port>', 'start a node for it on this port, 0 for a free one', parsePort)
    .option('--env <name=value>', 'a variable for the workers; may be given several times', collectVariable)
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>(async ({ terminal, json, signal, dataFolder }, options, path) => {
        const { kind, path: folder } = await findPackageSource(path);
        if (kind !== 'folder')
          throw new ParleyError('INVALID_PARAMS', `${path} is a file; give the folder it is made of.`);
        const stop = new AbortController();
        const node = await openDevNode({
          access: findAccess({ ...options, dataFolder }, process.env),
          port: options.port,
          mayStart: options.url === undefined && !process.env['PARLEY_URL'],
          onShutdown: () => stop.abort(),
        });
        const screen = createDevScreen(terminal, json);
        try {
          screen.up({ url: node.url, own: node.own, folder });
          const { DevSession } = await import('../dev/dev-session.ts');
          const { client, url } = node;
          const ended = AbortSignal.any([signal, stop.signal]);
          await new DevSession({ folder, client, url, screen, environment: options.env ?? {}, signal: ended }).run();
        } finally {
          await node.close();
        }
        screen.stopped();
        return 0;
      }),
    );
}
