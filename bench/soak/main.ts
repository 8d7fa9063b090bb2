/** `npm run soak [-- MINUTES]`: half of the most that a node takes, for that long, an hour unless told otherwise. Fails when something grows. */
import { figure, table } from '../harness/format.ts';
import { judgeFlatness } from './flatness.ts';
import { runSoak } from './run-soak.ts';

const minutes = Number(process.argv[2] ?? 60);
/** Memory breathes with the collector, and the 99th of a hundred with whatever else the machine does. */
const rule = {
  memory: { factor: 1.05, plus: 10 },
  p50: { factor: 1.2, plus: 0.5 },
  p99: { factor: 1.5, plus: 5 },
};

const { mostPerSecond, stretches } = await runSoak({ minutes, say: (line) => process.stderr.write(`${line}\n`) });
const trends = judgeFlatness(stretches, rule);
const calls = stretches.reduce((sum, { requests }) => sum + requests, 0);
console.log(
  `${figure(calls)} calls in ${minutes} minutes, at half of ${figure(mostPerSecond)} calls/s; none went wrong.\n`,
);
const rows = trends.map(({ what, before, after, isFlat }) => [
  what,
  ...[before, after].map(figure),
  isFlat ? 'yes' : '**no**',
]);
console.log(table(['', 'middle third', 'last third', 'flat'], rows));
process.exitCode = trends.every(({ isFlat }) => isFlat) ? 0 : 1;
