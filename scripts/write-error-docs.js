/** Writes the table of docs/errors.md from the error catalogue; the text around it stays as it is. */
import { readFileSync, writeFileSync } from 'node:fs';
import { errorCatalogue } from '../src/base/index.ts';

const file = new URL('../docs/errors.md', import.meta.url);
const heading = '| code | what happened | HTTP | JSON-RPC | gRPC | again? |\n|---|---|---|---|---|---|\n';

const rows = Object.entries(errorCatalogue).map(
  ([code, { summary, http, jsonRpc, grpc, retryable }]) =>
    `| \`${code}\` | ${summary} | ${http} | ${jsonRpc} | ${grpc} | ${retryable ? 'yes' : 'no'} |\n`,
);

const text = readFileSync(file, 'utf8');
const start = text.indexOf(heading);
const end = text.indexOf('\n\n', start);
if (start < 0 || end < 0)
  throw new Error('docs/errors.md has lost its table. Put the heading row back, then run again.');
writeFileSync(file, text.slice(0, start) + heading + rows.join('') + text.slice(end + 1));
