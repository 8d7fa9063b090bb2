/** What packages use without asking for it: the libraries of the surfaces. */
export type BaseModule = 'fastapi' | 'pydantic' | 'uvicorn' | 'websockets' | 'grpc' | 'google.protobuf';

interface BasePackage {
  readonly module: BaseModule;
  /** Name in a package index. */
  readonly name: string;
  /** Newest version for Python 3.11 and later. */
  readonly version: string;
  /** The last one for Python 3.9 and 3.10. */
  readonly olderVersion: string;
}

/** The base environment, whole. Raise a version here and every node makes a new one. */
const basePackages: readonly BasePackage[] = [
  { module: 'fastapi', name: 'fastapi', version: '0.165.0', olderVersion: '0.128.8' },
  { module: 'pydantic', name: 'pydantic', version: '2.14.3', olderVersion: '2.13.5' },
  { module: 'uvicorn', name: 'uvicorn', version: '0.54.0', olderVersion: '0.39.0' },
  { module: 'websockets', name: 'websockets', version: '17.4', olderVersion: '15.0.1' },
  { module: 'grpc', name: 'grpcio', version: '1.85.1', olderVersion: '1.80.1' },
  { module: 'google.protobuf', name: 'protobuf', version: '7.36.2', olderVersion: '6.33.6' },
];

export const baseModules: readonly BaseModule[] = basePackages.map(({ module }) => module);

/** What has to be importable for a package with HTTP of its own. */
export const httpModules: readonly BaseModule[] = ['fastapi', 'pydantic', 'uvicorn', 'websockets'];

/** The base environment as pip takes it. */
export const baseRequirements: readonly string[] = basePackages.flatMap(({ name, version, olderVersion }) => [
  `${name}==${version}; python_version >= "3.11"`,
  `${name}==${olderVersion}; python_version < "3.11"`,
]);

/** Names of the base packages, for people. */
export const baseNames: string = basePackages.map(({ name }) => name).join(', ');
