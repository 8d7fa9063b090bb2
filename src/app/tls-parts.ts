import { resolve } from 'node:path';
import { type Logger, systemClock } from '../base/index.ts';
import type { GatewayOptions } from '../gateway/index.ts';
import { openTlsSource, type TlsSource } from '../security/index.ts';
import type { NodeConfig } from './config.ts';

/** TLS as it is configured. */
export interface TlsParts {
  /** For the front door. */
  readonly options: NonNullable<GatewayOptions['tls']>;
  /** Looks at the files while the node runs. */
  readonly component: TlsSource;
}

/** Reads the certificate; undefined when there is none. CONFIG_INVALID says what is wrong with a file. */
export async function openTlsParts(
  { tls, dataFolder }: Pick<NodeConfig, 'tls' | 'dataFolder'>,
  logger: Logger,
): Promise<TlsParts | undefined> {
  const { cert, key, clientCa, checkMs, clientCertificates, minVersion, grpc } = tls;
  if (cert === undefined || key === undefined) return undefined;
  const path = (file: string): string => resolve(dataFolder, file);
  const files = { cert: path(cert), key: path(key), clientCa: clientCa === undefined ? undefined : path(clientCa) };
  const source = await openTlsSource({ files, checkMs, clock: systemClock, logger });
  return { options: { source, clientCertificates, minVersion, grpc }, component: source };
}
