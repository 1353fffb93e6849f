import type { Bucket } from './bucket.js';
import { bucketOf, queryNumber, sendXml, xmlDate } from './call.js';
import type { Call } from './call.js';
import { storageClassOf } from './object-headers.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './stored-object.js';
import { element, leaf, s3Document } from './xml.js';

const MAX_KEYS = 1000;
/** Files looked at side by side; the file system has four threads. */
const SIDE_BY_SIDE = 16;

/** A page of a listing: keys and, under a delimiter, common prefixes, together at most `maxKeys`. */
interface Page {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

interface PageOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** Only what stands behind this key or common prefix. */
  readonly after: string;
  /** Whether `after` may be a common prefix, whose keys are behind us then. */
  readonly skipAfter: boolean;
  readonly maxKeys: number;
}

/** ListObjectsV2. */
export async function listObjectsV2(call: Call): Promise<void> {
  const { query } = call;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after');
  const after = token === null ? (startAfter ?? '') : fromToken(token);
  const maxKeys = maxKeysOf(call);
  const text = textEncoder(call);
  const bucket = bucketOf(call);
  const page = await readPage(bucket, { prefix, delimiter, after, skipAfter: token !== null, maxKeys });
  const objects = await headAll(bucket, page.keys);
  sendXml(
    call,
    s3Document(
      'ListBucketResult',
      leaf('Name', bucket.name),
      leaf('Prefix', text(prefix)),
      leaf('Delimiter', delimiter === '' ? undefined : text(delimiter)),
      leaf('MaxKeys', maxKeys),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('KeyCount', page.keys.length + page.prefixes.length),
      leaf('IsTruncated', page.next !== undefined),
      leaf('ContinuationToken', token ?? undefined),
      leaf('NextContinuationToken', page.next === undefined ? undefined : toToken(page.next)),
      leaf('StartAfter', startAfter === null ? undefined : text(startAfter)),
      ...objects.map((object) => contents(object, text, query.get('fetch-owner') === 'true')),
      ...page.prefixes.map((one) => element('CommonPrefixes', leaf('Prefix', text(one)))),
    ),
  );
}

/** ListObjects, the first version. */
export async function listObjectsV1(call: Call): Promise<void> {
  const { query } = call;
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const marker = query.get('marker') ?? '';
  const maxKeys = maxKeysOf(call);
  const text = textEncoder(call);
  const bucket = bucketOf(call);
  const page = await readPage(bucket, { prefix, delimiter, after: marker, skipAfter: true, maxKeys });
  const objects = await headAll(bucket, page.keys);
  const next = page.next === undefined || delimiter === '' ? undefined : text(page.next);
  sendXml(
    call,
    s3Document(
      'ListBucketResult',
      leaf('Name', bucket.name),
      leaf('Prefix', text(prefix)),
      leaf('Marker', text(marker)),
      leaf('NextMarker', next),
      leaf('Delimiter', delimiter === '' ? undefined : text(delimiter)),
      leaf('MaxKeys', maxKeys),
      leaf('EncodingType', query.get('encoding-type') ?? undefined),
      leaf('IsTruncated', page.next !== undefined),
      ...objects.map((object) => contents(object, text, true)),
      ...page.prefixes.map((one) => element('CommonPrefixes', leaf('Prefix', text(one)))),
    ),
  );
}

async function readPage(bucket: Bucket, options: PageOptions): Promise<Page> {
  const { prefix, delimiter, after, maxKeys } = options;
  const keys: string[] = [];
  const prefixes: string[] = [];
  if (maxKeys === 0) return { keys, prefixes, next: undefined };
  const walk = bucket.walk(prefix, after);
  if (options.skipAfter && delimiter !== '' && after.endsWith(delimiter) && after.length > prefix.length)
    walk.skip = after;
  let last = '';
  for await (const key of walk.keys()) {
    if (keys.length + prefixes.length === maxKeys) return { keys, prefixes, next: last };
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    last = end < 0 ? key : key.slice(0, end + delimiter.length);
    if (end < 0) keys.push(key);
    else {
      prefixes.push(last);
      walk.skip = last;
    }
  }
  return { keys, prefixes, next: undefined };
}

/** The objects of these keys; one that was deleted meanwhile is left out. */
async function headAll(bucket: Bucket, keys: readonly string[]): Promise<StoredObject[]> {
  const objects: (StoredObject | undefined)[] = Array.from({ length: keys.length });
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < keys.length; i = next++) objects[i] = await bucket.head(keys[i] ?? '', true);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work));
  return objects.filter((object) => object !== undefined);
}

function contents(object: StoredObject, text: (value: string) => string, owner: boolean): string {
  return element(
    'Contents',
    leaf('Key', text(object.key)),
    leaf('LastModified', xmlDate(object.lastModified)),
    leaf('ETag', `"${object.etag}"`),
    leaf('ChecksumAlgorithm', object.checksum?.algorithm),
    leaf('ChecksumType', object.checksum?.type),
    leaf('Size', object.size),
    leaf('StorageClass', storageClassOf(object)),
    owner ? element('Owner', leaf('ID', 'wikifleet'), leaf('DisplayName', 'wikifleet')) : '',
  );
}

function maxKeysOf(call: Call): number {
  return Math.min(
    MAX_KEYS,
    queryNumber(call, 'max-keys', { fallback: MAX_KEYS, min: 0, max: Number.MAX_SAFE_INTEGER }),
  );
}

/** `encoding-type=url` writes keys as in a URL, but for `/`; else they stand as they are. */
export function textEncoder(call: Call): (value: string) => string {
  const type = call.query.get('encoding-type');
  if (type === null) return (value) => value;
  if (type !== 'url')
    throw new S3Error('InvalidArgument', 'Invalid Encoding Method specified in Request', {
      ArgumentName: 'encoding-type',
      ArgumentValue: type,
    });
  return (value) => encodeURIComponent(value).replaceAll('%2F', '/');
}

function toToken(key: string): string {
  return `1${Buffer.from(key).toString('base64url')}`;
}

function fromToken(token: string): string {
  const key = Buffer.from(token.slice(1), 'base64url').toString();
  if (key === '' || toToken(key) !== token)
    throw new S3Error('InvalidArgument', 'The continuation token provided is incorrect', {
      ArgumentName: 'continuation-token',
    });
  return key;
}
