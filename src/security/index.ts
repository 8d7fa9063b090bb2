export { type Authenticator, type AuthenticatorOptions, createAuthenticator } from './authenticator.ts';
export type { CallChain } from './call-chain.ts';
export { type CallTokens, createCallTokens } from './call-tokens.ts';
export { type CalledDeployment, type CallerTokens, createCallerTokens } from './caller-tokens.ts';
export { type ChainLink, extendChain } from './extend-chain.ts';
export { anonymous, mayTouch, operator, type Principal, workerPrincipal } from './principal.ts';
export { redact } from './redact.ts';
export { createSealer, type Sealer } from './sealer.ts';
export { loadOrCreateSecret } from './secret-file.ts';
export {
  type PackageFacts,
  type PackageSignature,
  parsePackageSignature,
  type SignatureVerdict,
  signPackage,
  verifyPackageSignature,
} from './signing/package-signature.ts';
export {
  createSigningKeyPair,
  derivePublicKey,
  type ParsedKey,
  parsePublicKey,
  type SigningKeyPair,
} from './signing/signing-key.ts';
export { createWebhookKey, createWebhookSigner, type WebhookClaims, type WebhookSigner } from './webhook-signer.ts';
export { createWorkerCredentials, type WorkerCredentials } from './worker-credentials.ts';
