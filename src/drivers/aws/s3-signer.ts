import { ParleyError } from '../../base/index.ts';

/** An object in S3. */
export interface S3Object {
  readonly bucket: string;
  readonly key: string;
}

export interface S3SignerOptions {
  /** Default: as the environment of AWS says. */
  readonly region?: string | undefined;
  /** Of a store that speaks S3; its buckets are paths below it. Default: AWS's own. */
  readonly endpoint?: string | undefined;
}

/** Signs addresses with the credentials that AWS's own chain finds: variables, files, the role of the machine. */
export interface S3Signer {
  /** An address that lets its bearer fetch the object for an hour. VALIDATION_FAILED, with what to do, when nothing can be signed. */
  sign(object: S3Object): Promise<string>;
}

const lifetimeSeconds = 3_600;

/** A signer; AWS's library is loaded with its first use, and asks nobody but its chain of credentials. */
export function createS3Signer({ region, endpoint }: S3SignerOptions): S3Signer {
  const settings = {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
  };
  return {
    async sign({ bucket, key }) {
      const [{ GetObjectCommand, S3Client }, { getSignedUrl }] = await Promise.all([
        import('@aws-sdk/client-s3'),
        import('@aws-sdk/s3-request-presigner'),
      ]);
      const client = new S3Client(settings);
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        return await getSignedUrl(client, command, { expiresIn: lifetimeSeconds });
      } catch (cause) {
        throw cannotSign({ bucket, key }, cause);
      } finally {
        client.destroy();
      }
    },
  };
}

function cannotSign({ bucket, key }: S3Object, cause: unknown): ParleyError {
  const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
  const advice =
    'Give the node credentials of AWS and packages.s3.region, or send an address that is signed already (signedUrl)';
  const message = `No address can be signed for s3://${bucket}/${key}: ${reason}. ${advice}.`;
  return new ParleyError('VALIDATION_FAILED', message, { cause });
}
