import { type Command, InvalidArgumentError } from 'commander';
import type { DeploymentView } from '../../control/index.ts';
import type { Runner } from '../runner.ts';

type Weights = Readonly<Record<string, number>>;

const examples = `
Examples:
  parley weights analyst analyst-old=90 analyst-new=10    one call in ten goes to the new version
  parley weights analyst analyst-new=0                    only calls by its own id`;

/** Adds `weights`. */
export function addWeightsCommand(program: Command, { run }: Runner): void {
  program
    .command('weights')
    .description('share the calls of an agent among its versions')
    .argument('<agent>', 'agent id')
    .argument('<deployment=weight...>', 'deployments and their weights; others keep theirs', collectWeight)
    .addHelpText('after', examples)
    .action(
      run<object, [string, Weights]>((context, _, agent, weights) => {
        return context.useNode(async (client) => {
          const deployments = await client.changes.setWeights(agent, weights);
          context.print({ deployments }, () => deployments.map((view) => describe(view, deployments)).join('\n'));
          return 0;
        });
      }),
    );
}

function collectWeight(text: string, before: unknown): Weights {
  const [, id, weight] = /^([^=]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (id === undefined) throw new InvalidArgumentError('It must be DEPLOYMENT=WEIGHT.');
  return { ...(typeof before === 'object' ? before : {}), [id]: Number(weight) };
}

function describe({ id, weight }: DeploymentView, all: readonly DeploymentView[]): string {
  const total = all.reduce((sum, view) => sum + view.weight, 0);
  return `${id} has weight ${weight}: ${total === 0 ? 0 : Math.round((100 * weight) / total)} % of the calls`;
}
