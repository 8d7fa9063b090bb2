import { spawnSync } from 'node:child_process';
import { findApicurio } from '../../scripts/services/apicurio.ts';
import { kafkaJarFolder } from '../../scripts/services/kafka.ts';

export type Capability =
  | 'python3'
  | 'fastapi'
  | 'grpcio'
  | 'pip'
  | 'index'
  | 'moto'
  | 'npm'
  | 'procfs'
  | 'grpcurl'
  | 'redis'
  | 'redis-py'
  | 'confluent-kafka'
  | 'apicurio'
  | 'kafka'
  | 'a2a-sdk'
  | 'a2a-sdk-signing'
  | 'a2a-sdk-0.2';

/** How the presence of what a test needs is probed: the command must exit with 0. */
const probes: Readonly<Record<Capability, readonly [string, ...string[]]>> = {
  python3: ['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 9))'],
  /** With fastapi and uvicorn, as packages with HTTP of their own want it. */
  fastapi: [fastapiPython(), '-c', 'import fastapi, uvicorn'],
  /** Can make environments and fill them. */
  pip: ['python3', '-c', 'import ensurepip, venv'],
  /** A package index that answers. */
  index: [
    'python3',
    '-m',
    'pip',
    '--retries',
    '0',
    'install',
    '-q',
    '--dry-run',
    '--ignore-installed',
    '--no-deps',
    'h11',
  ],
  /** With grpcio, as packages with a client of gRPC want it. */
  grpcio: [fastapiPython(), '-c', 'import grpc'],
  /** The official Python client, of A2A 1.0. */
  'a2a-sdk': [a2aPython(), '-c', 'from a2a.client import create_client'],
  /** The same with what checks the signatures of cards. */
  'a2a-sdk-signing': [a2aPython(), '-c', 'from a2a.utils.signing import create_signature_verifier'],
  /** The same, of A2A 0.2. */
  'a2a-sdk-0.2': [oldA2aPython(), '-c', 'from a2a.client import A2AClient; import a2a.client.helpers as _'],
  /** With moto, which answers as AWS does. */
  moto: [fastapiPython(), '-c', 'import moto.server'],
  /** With redis-py, which Redis agents are written with. */
  'redis-py': [redisPython(), '-c', 'import redis'],
  /** With Confluent's own client of schema registries. */
  'confluent-kafka': [confluentPython(), '-c', 'import confluent_kafka.schema_registry.avro'],
  /** The jars of a schema registry that is not ours, and Java. */
  apicurio: ['sh', '-c', `test -f '${findApicurio() ?? ''}' && java -version`],
  npm: ['npm', '--version'],
  grpcurl: [grpcurlProgram(), '-version'],
  /** A server of version 7 or newer. */
  redis: ['sh', '-c', 'redis-server --version | grep -Eq "v=([7-9]|[1-9][0-9])\\."'],
  /** Java and the jars of a broker: `npm run services -- start kafka` fetches them. */
  kafka: ['sh', '-c', `command -v java && ls "${kafkaJarFolder}"/kafka_*.jar`],
  /** Linux's table of processes, with their environment and processor time. */
  procfs: ['test', '-r', '/proc/self/environ'],
};

/**
 * Options for `test(name, requires('python3'), …)`: the test is listed as skipped, with the reason, where one of the
 * capabilities is missing. With REQUIRE_SERVICES=1, as in CI, what is missing is a failure instead.
 */
export function requires(...capabilities: readonly Capability[]): { readonly skip: string | false } {
  const missing = capabilities.filter((capability) => !isThere(capability));
  if (missing.length === 0) return { skip: false };
  const reason = `needs ${missing.join(' and ')}, which this machine does not have`;
  if (process.env['REQUIRE_SERVICES'] === '1') throw new Error(`REQUIRE_SERVICES=1, and a test ${reason}`);
  return { skip: reason };
}

/** Whether this machine has it; for what is more than one test. */
export function isThere(capability: Capability): boolean {
  const [command, ...args] = probes[capability];
  return spawnSync(command, args, { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

/** The program that PARLEY_TEST_GRPCURL names, else the one in the path. */
export function grpcurlProgram(): string {
  return process.env['PARLEY_TEST_GRPCURL'] || 'grpcurl';
}

/** The Python that has fastapi and uvicorn: what PARLEY_TEST_PYTHON names, else the ordinary one. */
export function fastapiPython(): string {
  return process.env['PARLEY_TEST_PYTHON'] || 'python3';
}

/** The Python that has the official A2A client of 1.0: what PARLEY_TEST_A2A_PYTHON names, else the ordinary one. */
export function a2aPython(): string {
  return process.env['PARLEY_TEST_A2A_PYTHON'] || 'python3';
}

/** The Python that has the official A2A client of 0.2: what PARLEY_TEST_OLD_A2A_PYTHON names, else the ordinary one. */
export function oldA2aPython(): string {
  return process.env['PARLEY_TEST_OLD_A2A_PYTHON'] || 'python3';
}

/** The Python that has redis-py: what PARLEY_TEST_REDIS_PYTHON names, else the one with fastapi. */
export function redisPython(): string {
  return process.env['PARLEY_TEST_REDIS_PYTHON'] || fastapiPython();
}

/** The Python that has Confluent's client: what PARLEY_TEST_CONFLUENT_PYTHON names, else the one with fastapi. */
export function confluentPython(): string {
  return process.env['PARLEY_TEST_CONFLUENT_PYTHON'] || fastapiPython();
}
