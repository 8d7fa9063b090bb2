import { createHmac } from 'node:crypto';

/**
 * The signature of a body under a shared secret, `t=<seconds>,v1=<hex>`: HMAC-SHA256 over the seconds, a dot and the body, so that
 * a receiver can refuse what is old.
 */
export function signBody(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
