import { pickAllowed } from '../deployments/worker-environment.ts';

const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'REQUESTS_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'];
/** The settings of pip and npm: mirrors, credentials of registries, caches, time limits. */
const settings = /^(PIP_|npm_config_)/i;

/** What of the node's environment pip and npm see: what workers see, certificates, and their own settings. */
export function pickInstallerEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return pickAllowed(environment, [...certificates, ...Object.keys(environment).filter((name) => settings.test(name))]);
}
