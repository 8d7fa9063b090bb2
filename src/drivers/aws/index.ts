export { createS3Signer, type S3Object, type S3Signer, type S3SignerOptions } from './s3-signer.ts';
