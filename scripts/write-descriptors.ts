/** `npm run descriptors [-- GRPCURL]`: what reflection tells of the files below `proto/`, to be written again when one of them changes. */
import { writeFile } from 'node:fs/promises';
import { collectDescriptors } from './collect-descriptors.ts';

const [grpcurl = 'grpcurl'] = process.argv.slice(2);
await writeFile(new URL('../proto/descriptors.binpb', import.meta.url), await collectDescriptors(grpcurl));
