/** The load generator's own process: one plan in the first argument, one result on stdout. */
import { generateLoad } from './generate-load.ts';
import type { LoadPlan } from './load-plan.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as LoadPlan;
process.stdout.write(JSON.stringify(await generateLoad(plan)));
