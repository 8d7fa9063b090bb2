import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isSystemError, ParleyError } from '../../base/index.ts';
import type { Runner } from '../runner.ts';

interface KeygenOptions {
  readonly out: string;
}

interface SignOptions {
  readonly key: string;
}

interface VerifyOptions {
  readonly key: readonly string[];
}

const keygenExamples = `
Examples:
  parley keygen                            parley-signing.key, and parley-signing.key.pub to hand out
  parley keygen --out ~/keys/team.key`;

const signExamples = `
Examples:
  parley sign my-agent-0.1.0.apkg --key parley-signing.key      writes my-agent-0.1.0.apkg.sig`;

const verifyExamples = `
Examples:
  parley verify my-agent-0.1.0.apkg --key parley-signing.key.pub
  parley verify my-agent-0.1.0.apkg --key ed25519:AbC…`;

/** Adds `keygen`, `sign` and `verify`. */
export function addSigningCommands(program: Command, runner: Runner): void {
  addKeygenCommand(program, runner);
  addSignCommand(program, runner);
  addVerifyCommand(program, runner);
}

function addKeygenCommand(program: Command, { run }: Runner): void {
  program
    .command('keygen')
    .description('make a pair of keys to sign packages with')
    .option('--out <file>', 'where the private key goes; the public one goes beside it', 'parley-signing.key')
    .addHelpText('after', keygenExamples)
    .action(
      run<KeygenOptions, []>(async ({ print }, { out }) => {
        const { createSigningKeyPair } = await import('../../control/index.ts');
        const { keyId, publicKey, privateKey } = createSigningKeyPair();
        await writeNew(out, privateKey, 0o600);
        await writeNew(`${out}.pub`, `${publicKey}\n`, 0o644);
        const written = { keyId, publicKey, privateKeyFile: resolve(out), publicKeyFile: resolve(`${out}.pub`) };
        print(written, () => `${publicKey}\nkey ${keyId}: keep ${out} to yourself, hand out ${out}.pub`);
        return 0;
      }),
    );
}

function addSignCommand(program: Command, { run }: Runner): void {
  program
    .command('sign')
    .description('sign a package; the signature goes beside it')
    .argument('<file>', 'an .apkg')
    .requiredOption('--key <file>', 'the private key that keygen has made')
    .addHelpText('after', signExamples)
    .action(
      run<SignOptions, [string]>(async ({ print }, { key }, file) => {
        const { signPackage } = await import('../../control/index.ts');
        const signature = signPackage(await readFacts(file), await readKeyFile(key));
        await writeFile(`${file}.sig`, `${JSON.stringify(signature, undefined, 2)}\n`);
        print({ ...signature, file: resolve(`${file}.sig`) }, () => {
          return `${file}.sig  ${signature.name}@${signature.version}  key ${signature.keyId}`;
        });
        return 0;
      }),
    );
}

function addVerifyCommand(program: Command, { run }: Runner): void {
  program
    .command('verify')
    .description('check that a package is signed with one of the given keys')
    .argument('<file>', 'an .apkg, with its .sig beside it')
    .requiredOption('--key <key>', 'a public key or a file with one; may be given several times', collect)
    .addHelpText('after', verifyExamples)
    .action(
      run<VerifyOptions, [string]>(async ({ print }, options, file) => {
        const { parsePackageSignature, parsePublicKey, verifyPackageSignature } = await import(
          '../../control/index.ts'
        );
        const texts = await Promise.all(options.key.map(readPublicKey));
        const facts = await readFacts(file);
        const signature = parsePackageSignature(await readKeyFile(`${file}.sig`));
        const verdict = verifyPackageSignature(signature, facts, texts.map(parsePublicKey));
        print({ ...facts, ...verdict }, () => {
          const title = `${facts.name}@${facts.version}`;
          return verdict.valid ? `${title} is signed with the key ${verdict.keyId}` : `${title} ${verdict.reason}`;
        });
        return verdict.valid ? 0 : 1;
      }),
    );
}

async function readFacts(file: string): Promise<{ sha256: string; name: string; version: string }> {
  const { readPackage } = await import('../../control/index.ts');
  const { manifest, digest } = await readPackage({ kind: 'file', path: resolve(file) });
  return { sha256: digest, name: manifest.name, version: manifest.version };
}

async function readPublicKey(text: string): Promise<string> {
  return text.startsWith('ed25519:') ? text : readKeyFile(text);
}

async function readKeyFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ParleyError('NOT_FOUND', `The file ${path} cannot be read; check the path.`, { cause });
  }
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (cause) {
    if (!isSystemError(cause, 'EEXIST')) throw cause;
    throw new ParleyError('CONFLICT', `${path} is there already; choose another name with --out.`, { cause });
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
