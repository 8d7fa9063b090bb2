import { ParleyError } from '../../base/index.ts';
import {
  type PackageFacts,
  type ParsedKey,
  parsePackageSignature,
  parsePublicKey,
  verifyPackageSignature,
} from '../../security/index.ts';
import { createPackageError } from '../packages/package-error.ts';

/** Whose packages may be installed. */
export interface SignaturePolicy {
  /** `off`: signatures are not looked at; `warn`: what is wrong is a warning of the deployment; `require`: it is refused. */
  readonly policy: 'off' | 'warn' | 'require';
  /** Public keys by package name; `*` stands for the packages that have no entry of their own. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
}

/** The policy, ready to be asked. */
export interface SignatureCheck {
  /** False: signatures need not be read. */
  readonly wanted: boolean;
  /**
   * What is to be warned of; `facts.sha256` is undefined for a folder. PACKAGE_INVALID (`unsigned`, `signature`) when the
   * policy requires a signature and there is none that holds.
   */
  check(facts: CheckedFacts, signature: string | undefined): readonly string[];
}

/** What was read of a package. */
export interface CheckedFacts extends Omit<PackageFacts, 'sha256'> {
  readonly sha256: string | undefined;
}

interface Objection {
  readonly reason: 'unsigned' | 'signature';
  readonly message: string;
}

/** Compiles a policy. CONFIG_INVALID when one of its keys is none. */
export function createSignatureCheck({ policy, keys }: SignaturePolicy): SignatureCheck {
  const parsed = new Map(Object.entries(keys).map(([name, texts]) => [name, texts.map(parsePublicKey)]));
  return {
    wanted: policy !== 'off',
    check(facts, signature) {
      if (policy === 'off') return [];
      const objection = findObjection(facts, signature, parsed.get(facts.name) ?? parsed.get('*') ?? []);
      if (objection === undefined) return [];
      if (policy === 'require') throw createPackageError(objection.message, { reason: objection.reason });
      return [objection.message];
    },
  };
}

function findObjection(
  { sha256, name, version }: CheckedFacts,
  text: string | undefined,
  keys: readonly ParsedKey[],
): Objection | undefined {
  const title = `The package ${name}@${version}`;
  if (sha256 === undefined)
    return unsigned(`${title} is a folder, and folders cannot be signed. Pack it and sign the file.`);
  if (text === undefined)
    return unsigned(`${title} is not signed. Sign it with "parley sign", and put the signature beside it.`);
  const verdict = verifyText(text, { sha256, name, version }, keys);
  if (verdict === undefined) return undefined;
  return { reason: 'signature', message: `${title} ${verdict}. Sign it with a key of packages.signatures.keys.` };
}

function verifyText(text: string, facts: PackageFacts, keys: readonly ParsedKey[]): string | undefined {
  try {
    const verdict = verifyPackageSignature(parsePackageSignature(text), facts, keys);
    return verdict.valid ? undefined : verdict.reason;
  } catch (thrown) {
    return `has a signature that cannot be read (${ParleyError.from(thrown).message})`;
  }
}

function unsigned(message: string): Objection {
  return { reason: 'unsigned', message };
}
