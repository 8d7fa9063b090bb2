import { isIP } from 'node:net';
import { resolveConfig } from '../../src/app/config.ts';
import { createPushParts } from '../../src/app/push-parts.ts';
import { ParleyError } from '../../src/base/index.ts';
import { deployBodySchema } from '../../src/gateway/par/deploy-body.ts';
import { parseBody } from '../../src/gateway/par/parse-body.ts';
import { resolveVersion, v1Codec } from '../../src/protocol/index.ts';
import { createEs256Key, createSealer, createWebhookSigner } from '../../src/security/index.ts';
import type { Target } from './targets.ts';

const settings = resolveConfig({ flags: { dataFolder: '/nowhere' }, environment: {} }).push;
const { transport } = createPushParts(settings).options({
  sealer: createSealer('k'.repeat(43)),
  signer: createWebhookSigner(createEs256Key(), () => 'http://fabric.test'),
});

const hosts = [
  'a.example',
  '127.0.0.1',
  '[::1]',
  '[::ffff:10.0.0.1]',
  '10.1.2.3',
  '169.254.169.254',
  'localhost',
  '0x7f.1',
  '2130706433',
];
const seeds = hosts.flatMap((host) => [
  `{"taskId":"t","id":"i","url":"https://${host}/hook","token":"x","authentication":{"scheme":"Bearer","credentials":"y"}}`,
  `{"id":"t","pushNotificationConfig":{"url":"https://${host}:8443/","authentication":{"schemes":["Bearer"],"credentials":"y"}}}`,
  `{"deploymentId":"d","agentAppId":"a","orgId":"o","version":"1","packageUrl":"https://b.example/p","webhook":{"url":"http://${host}/","secret":"s"}}`,
]);
const words = [
  '@',
  ':',
  '//',
  '\\\\',
  '%2e',
  '。',
  '[::',
  ']',
  '?',
  '#',
  'http:',
  'https:',
  '0x',
  '"',
  '{',
  '}',
  '\u0000',
];

const codecs = [
  v1Codec,
  resolveVersion({ binding: 'json-rpc', header: '0.3' }),
  resolveVersion({ binding: 'rest', header: '0.3' }),
];

/** What callers say of their webhooks, for tasks in each version and for deploy calls. Whom they may name is part of it. */
const webhooks: Target = {
  name: 'webhooks',
  codes: ['INVALID_PARAMS', 'PARSE_ERROR', 'VALIDATION_FAILED', 'INVALID_REQUEST'],
  corpus: { seeds: seeds.map((seed) => Buffer.from(seed)), words: words.map((word) => Buffer.from(word)) },
  decode(bytes) {
    const json = parse(bytes);
    const urls = [
      ...codecs.map((codec) => () => codec.push.decodeCreate(json).config.url),
      () => parseBody(deployBodySchema, json).webhook?.url,
    ];
    const refusals: unknown[] = [];
    for (const read of urls) {
      try {
        const url = read();
        if (url !== undefined) checkAccepted(url);
      } catch (thrown) {
        if (!(thrown instanceof ParleyError)) throw thrown;
        refusals.push(thrown);
      }
    }
    if (refusals.length === urls.length) throw refusals[0];
  },
};

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new ParleyError('PARSE_ERROR', 'It is no JSON.', { cause });
  }
}

const inside = /^(?:127\.|10\.|0\.|169\.254\.|192\.168\.|::|f[cd]|fe[89ab])/i;

/** What the node lets through is not on this machine, nor near it. */
function checkAccepted(url: string): void {
  transport.checkUrl(url);
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const isInside = isIP(host) === 0 ? host === 'localhost' : inside.test(host);
  if (isInside) throw new TypeError(`${url} was let through.`);
}

/** The decoders of what callers say of their webhooks. */
export const webhookTargets: readonly Target[] = [webhooks];
