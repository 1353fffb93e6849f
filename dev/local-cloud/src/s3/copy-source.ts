import type { Bucket } from './bucket.js';
import type { Call } from './call.js';
import { headerOf } from './request-body.js';
import { S3Error } from './s3-error.js';

/** The object that `x-amz-copy-source` names: `[/]bucket/key`, URL-encoded. Throws S3Error InvalidArgument, NoSuchBucket. */
export function copySource(call: Call): { bucket: Bucket; key: string } {
  const header = headerOf(call.request.headers['x-amz-copy-source']) ?? '';
  const mark = header.indexOf('?versionId=');
  const version = mark < 0 ? 'null' : header.slice(mark + '?versionId='.length);
  if (version !== 'null') throw new S3Error('NoSuchVersion', 'The specified version does not exist.');
  let path: string;
  try {
    path = decodeURIComponent((mark < 0 ? header : header.slice(0, mark)).replace(/^\//, ''));
  } catch {
    path = '';
  }
  const slash = path.indexOf('/');
  if (slash < 1 || slash === path.length - 1)
    throw new S3Error('InvalidArgument', 'Copy Source must mention the source bucket and key: sourcebucket/sourcekey', {
      ArgumentName: 'x-amz-copy-source',
      ArgumentValue: header,
    });
  return { bucket: call.buckets.get(path.slice(0, slash)), key: path.slice(slash + 1) };
}
