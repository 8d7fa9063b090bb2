/** Prints the base environment of Python packages as pip takes it, so that tests run against what nodes install. */
import { baseRequirements } from '../src/runtime/environments/base-packages.ts';

console.log(baseRequirements.join('\n'));
