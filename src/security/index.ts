export { type Authenticator, type AuthenticatorOptions, createAuthenticator } from './authenticator.ts';
export type { CallChain } from './call-chain.ts';
export { type CallTokens, createCallTokens } from './call-tokens.ts';
export { type CalledDeployment, type CallerTokens, createCallerTokens } from './caller-tokens.ts';
export { type CardSigner, createCardSigner } from './card-signer.ts';
export { type ChainsInFlight, createChainsInFlight } from './chains-in-flight.ts';
export { createEs256Key } from './es256-key.ts';
export { type ChainLink, extendChain } from './extend-chain.ts';
export { type Admission, type AdmissionOptions, createAdmission } from './identity/admission.ts';
export {
  type ApiKey,
  type ApiKeyRecords,
  type ApiKeys,
  type CreatedApiKey,
  createApiKeys,
  type NewApiKey,
} from './identity/api-keys.ts';
export {
  type CallerCertificate,
  type CallerConnection,
  readCallerCertificate,
  type SubjectField,
  subjectFields,
} from './identity/caller-certificate.ts';
export {
  type CertificateRule,
  type CertificateSettings,
  createCertificateIdentity,
} from './identity/certificate-identity.ts';
export { createIdentity, type Identity } from './identity/identity.ts';
export { createJwtVerifier, type JwtSettings, type JwtVerifier } from './identity/jwt-verifier.ts';
export type { FetchJson } from './identity/key-set.ts';
export { createRateLimiter, type Rate, type RateLimiter } from './identity/rate-limiter.ts';
export { grantRights, type Operation, operations, type Right, type RightsRule } from './identity/right.ts';
export {
  type Ask,
  mayCallSkill,
  mayReach,
  requireSkill,
  type SkillDemand,
  seesPrivateSkill,
} from './identity/rights.ts';
export { createNodeCalls, fingerprintKey, type NodeCalls } from './node-calls.ts';
export { createPassedCalls, type PassedCalls, type PlacedCall } from './passed-calls.ts';
export {
  anonymous,
  mayTouch,
  operator,
  operatorRole,
  type Principal,
  rolesOf,
  workerPrincipal,
} from './principal.ts';
export { redact } from './redact.ts';
export { createSealer, type Sealer, sealedPrefix } from './sealer.ts';
export { loadOrCreateSecret, loadSecret } from './secret-file.ts';
export { signBody } from './sign-body.ts';
export { type DerivedSigningKey, deriveSigningKey } from './signing/derive-signing-key.ts';
export {
  type PackageFacts,
  type PackageSignature,
  parsePackageSignature,
  type SignatureVerdict,
  signPackage,
  verifyPackageSignature,
} from './signing/package-signature.ts';
export { type SignedRecord, signRecord, verifyRecordSignature } from './signing/record-signature.ts';
export {
  createSigningKeyPair,
  derivePublicKey,
  type ParsedKey,
  parsePrivateKey,
  parsePublicKey,
  type SigningKeyPair,
} from './signing/signing-key.ts';
export type { TlsFiles, TlsMaterial } from './tls/tls-material.ts';
export { openTlsSource, type TlsSource } from './tls/tls-source.ts';
export { createWebhookSigner, type WebhookClaims, type WebhookSigner } from './webhook-signer.ts';
export { createWorkerCredentials, type WorkerCredentials } from './worker-credentials.ts';
