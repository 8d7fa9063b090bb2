import { isIP } from 'node:net';
import { type Component, ParleyError } from '../base/index.ts';
import { type AddressGuard, createAddressGuard, createHttpClient } from '../drivers/http/index.ts';
import type { Sealer, WebhookSigner } from '../security/index.ts';
import type { TaskServiceOptions, WebhookTransport } from '../tasks/index.ts';
import type { PushSettings } from './push-config.ts';

/** What webhooks need of the composition. */
export interface PushParts {
  /** For the task service. */
  options(secrets: { readonly sealer: Sealer; readonly signer: WebhookSigner }): TaskServiceOptions['push'];
  /** Ends the connections; stops behind the task service. */
  readonly component: Component;
}

const firstDelayMs = 1_000;
const maxDelayMs = 300_000;
/** What a webhook answers is of no interest beyond its status. */
const maxBodyBytes = 64 * 1024;

/** The way out to webhooks. CONFIG_INVALID when `push.allowHosts` has an entry that means nothing. */
export function createPushParts({ allowHosts, maxAttempts, timeoutMs }: PushSettings): PushParts {
  const policy = { kind: 'public', except: allowHosts } as const;
  const guard = createAddressGuard(policy);
  const client = createHttpClient({ allow: policy });
  const transport: WebhookTransport = {
    checkUrl: (url) => checkUrl(url, guard),
    async post({ url, headers, body, timeoutMs: limitMs, signal }) {
      const response = await client.request({
        method: 'POST',
        url,
        headers,
        body,
        signal,
        timeoutMs: limitMs,
        maxBodyBytes,
      });
      await response.discard();
      return response.status;
    },
  };
  return {
    options: (secrets) => ({ ...secrets, transport, timeoutMs, retry: { maxAttempts, firstDelayMs, maxDelayMs } }),
    component: { name: 'connections to webhooks', start: async () => {}, stop: () => client.close() },
  };
}

/** What can be said without asking anybody; where a name leads is looked at with every connection. */
function checkUrl(text: string, guard: AddressGuard): void {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw refused('must be an https address');
  if (url.username !== '' || url.password !== '') throw refused('must not have a user or a password in it');
  const address = addressOf(url.hostname);
  const isTrusted = guard.classify(url.origin) === 'trusted';
  if (!isTrusted && address !== undefined && !guard.permits(address)) {
    throw refused('must be a public address; the setting push.allowHosts names others');
  }
  if (url.protocol === 'http:' && !isTrusted && address === undefined) throw refused('must be an https address');
}

/** The address that a host names by itself. */
function addressOf(hostname: string): string | undefined {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return '127.0.0.1';
  return isIP(host) === 0 ? undefined : host;
}

function refused(description: string): ParleyError {
  const violations = [{ field: 'url', description }];
  return new ParleyError('INVALID_PARAMS', `The webhook's url ${description}.`, { details: { violations } });
}
