import type { Command } from 'commander';
import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import { parseCardKeys, verifyCard } from '../../protocol/index.ts';
import { readText } from '../read-text.ts';
import type { Runner } from '../runner.ts';

interface VerifyCardOptions {
  readonly keys: string;
}

const examples = `
Examples:
  curl -s https://agents.example/.well-known/jwks.json > keys.json         once, by a way that you trust
  curl -s https://agents.example/a2a/analyst/.well-known/agent-card.json | parley verify-card - --keys keys.json`;

/** Adds `verify-card`. */
export function addVerifyCardCommand(program: Command, { run }: Runner): void {
  program
    .command('verify-card')
    .description('check that an agent card is signed with one of the given keys')
    .argument('<file>', 'the card as JSON; - reads it from standard input')
    .requiredOption('--keys <file>', 'the keys that you trust, as a JSON Web Key Set')
    .addHelpText('after', examples)
    .action(
      run<VerifyCardOptions, [string]>(async ({ print }, { keys }, file) => {
        const verified = verifyCard(parseObject(await readText(file), file), parseCardKeys(await readText(keys), keys));
        print({ ...verified }, () => `${String(verified.card['name'])} is signed with the key ${verified.kid}`);
        return 0;
      }),
    );
}

function parseObject(text: string, file: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value as JsonObject;
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', `${file} is not JSON.`, { cause });
  }
  throw new ParleyError('INVALID_PARAMS', `${file} is not a JSON object.`);
}
