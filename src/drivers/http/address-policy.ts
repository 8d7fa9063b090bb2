import { BlockList, isIP } from 'node:net';
import { ParleyError } from '../../base/index.ts';
import { isPublicAddress } from './public-address.ts';

/** Where a client may connect to. */
export type AddressPolicy =
  /** These origins (`http://127.0.0.1:8000`) and nothing else, whatever they resolve to. */
  | { readonly kind: 'origins'; readonly origins: readonly string[] }
  /** Every public address, and what `except` names: origins, addresses, CIDR blocks. */
  | { readonly kind: 'public'; readonly except?: readonly string[] };

/** A policy ready to be asked. */
export interface AddressGuard {
  /** `trusted`: wherever it resolves to; `checked`: only to permitted addresses. Throws PERMISSION_DENIED for neither. */
  classify(origin: string): 'trusted' | 'checked';
  /** About a resolved address. */
  permits(address: string): boolean;
}

/** Compiles a policy; CONFIG_INVALID when an entry is neither an origin nor an address nor a CIDR block. */
export function createAddressGuard(policy: AddressPolicy): AddressGuard {
  const entries = policy.kind === 'origins' ? policy.origins : (policy.except ?? []);
  const origins = new Set(entries.filter((entry) => entry.includes('://')).map(parseOrigin));
  const blocks = new BlockList();
  for (const entry of entries) if (!entry.includes('://')) addBlock(blocks, entry);
  return {
    classify(origin) {
      if (origins.has(origin)) return 'trusted';
      if (policy.kind === 'public') return 'checked';
      throw refusedAddress(origin, 'only the configured addresses may be called');
    },
    permits(address) {
      const family = isIP(address);
      return isPublicAddress(address) || (family !== 0 && blocks.check(address, family === 4 ? 'ipv4' : 'ipv6'));
    },
  };
}

/** What a refused address looks like to the caller. */
export function refusedAddress(target: string, reason: string): ParleyError {
  return new ParleyError(
    'PERMISSION_DENIED',
    `No connection to ${target}: ${reason}. Add it to the allow-list if it may be called.`,
    { details: { target } },
  );
}

function parseOrigin(text: string): string {
  const origin = URL.parse(text)?.origin;
  if (origin !== undefined && origin !== 'null') return origin;
  throw badEntry(text);
}

function addBlock(blocks: BlockList, entry: string): void {
  const [address = '', prefix] = entry.split('/');
  const family = isIP(address);
  const bits = prefix === undefined ? fullPrefix(family) : Number(prefix);
  if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > fullPrefix(family)) throw badEntry(entry);
  blocks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6');
}

function fullPrefix(family: number): number {
  return family === 4 ? 32 : 128;
}

function badEntry(entry: string): ParleyError {
  const message = `"${entry}" is no entry of an allow-list; write an origin (http://host:port), an address or a CIDR block.`;
  return new ParleyError('CONFIG_INVALID', message);
}
