import { S3ServiceException } from '@aws-sdk/client-s3';

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** The key or the upload is not there. A 403, which S3 answers without `s3:ListBucket`, is no such answer. */
export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && !(error instanceof Error && error.name === 'NoSuchBucket');
}

/** No byte of the object is in the range. */
export function isUnsatisfiable(error: unknown): boolean {
  return statusOf(error) === 416;
}

/** A conditional write came second. */
export function isPreconditionFailed(error: unknown): boolean {
  return statusOf(error) === 412;
}

/** A conditional write met another one under way: worth doing again. */
export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409;
}

/** The object still has the ETag of the condition. */
export function isNotModified(error: unknown): boolean {
  return statusOf(error) === 304;
}
