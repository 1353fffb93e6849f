import { FleetError } from '@wikifleet/domain/errors';
import { fileManifestKey } from '@wikifleet/domain/keys';
import type { PageIds, StoredObject } from '@wikifleet/domain/receipts';
import type { Store } from '@wikifleet/store/store';
import { z } from 'zod';
import { readFileManifest } from './manifests.js';
import type { CompleteRun } from './complete-run.js';
import type { FoundPage } from './find-page.js';
import type { Sought } from './page-rows.js';

/** What is read of the quarantine for one page; what it has beyond is counted. */
const MAX_OBJECTS = 64;
const MAX_BYTES = 64 * 1024 * 1024;
/** All that is asked of a record stands in its first bytes, before the raw text. */
const START_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

const recordSchema = z.object({
  page_id: z.number().nullable(),
  page_title: z.string().nullable(),
  revision_id: z.number().nullable(),
  code: z.string(),
  reason: z.string(),
});

/** A record of the quarantine that is the page's; its texts are strangers'. */
export interface QuarantinedRevision {
  readonly key: string;
  /** Of the file, from 1. */
  readonly line: number;
  readonly revisionId: number | null;
  readonly code: string;
  readonly reason: string;
}

export interface FoundQuarantine {
  readonly revisions: readonly QuarantinedRevision[];
  /** Records that were read and do not say of which page they are. */
  readonly nameless: number;
  /** Records of the run in its quarantine, and quarantine files that were not read, or not to their end. */
  readonly records: number;
  readonly unread: number;
}

/**
 * What the quarantine has of a page: nothing is read where the run has none. The files that have the page come first,
 * then those whose ids are nearest; `MAX_OBJECTS` and `MAX_BYTES` at most.
 */
export async function findQuarantined(
  store: Store,
  { plan, manifest }: CompleteRun,
  sought: Sought,
  found: FoundPage,
  signal: AbortSignal,
): Promise<FoundQuarantine> {
  const revisions: QuarantinedRevision[] = [];
  const { quarantined: records } = manifest.counts;
  const [ids, titles] = [new Set(found.ids), new Set(found.titles)];
  if ('id' in sought) ids.add(sought.id);
  else titles.add(sought.title).add(found.rows > 0 ? sought.title : sought.title.replaceAll('_', ' '));
  const wanted = 'id' in sought ? sought.id : found.ids[0];
  const files = manifest.files
    .filter(({ quarantined }) => quarantined > 0)
    .map(({ file, pageIds }) => ({ file, distance: wanted === undefined ? 0 : distanceOf(pageIds, wanted) }))
    .sort((a, b) => a.distance - b.distance);
  let [objects, bytes, nameless, unread] = [0, 0, 0, 0];
  for (const [at, { file }] of files.entries()) {
    if (objects >= MAX_OBJECTS || bytes >= MAX_BYTES) {
      unread += files.length - at;
      break;
    }
    const read = found.manifests.get(file) ?? (await readFileManifest(store, plan, file, signal));
    const key = fileManifestKey(plan.run, plan.planId, file);
    if (read === null) throw new FleetError('OBJECT_MISSING', `${key}: it is not there`, { place: key });
    for (const object of read.quarantine) {
      const size = Math.min(object.size, MAX_BYTES - bytes);
      if (size < object.size || objects >= MAX_OBJECTS) unread += 1;
      if (size === 0 || objects >= MAX_OBJECTS) continue;
      objects += 1;
      bytes += size;
      for await (const { line, start } of startsOf(store, object, size, signal)) {
        const record = parseStart(start);
        if (record === null || (record.page_id === null && record.page_title === null)) nameless += 1;
        else if (ids.has(record.page_id ?? Number.NaN) || titles.has(record.page_title ?? '')) {
          const { revision_id: revisionId, code, reason } = record;
          revisions.push({ key: object.key, line, revisionId, code, reason });
        }
      }
    }
  }
  return { revisions, nameless, records, unread };
}

function distanceOf(ids: PageIds, id: number): number {
  return ids === null ? 0 : Math.max(0, ids.first - id, id - ids.last);
}

/** How each whole line of an object begins, `bytes` of it read in steps; a line may be of any length. */
async function* startsOf(
  store: Store,
  { key, size }: StoredObject,
  bytes: number,
  signal: AbortSignal,
): AsyncGenerator<{ line: number; start: Buffer }> {
  const STEP = 4 * 1024 * 1024;
  let start = Buffer.alloc(0);
  let line = 1;
  for (let from = 0; from < bytes; from += STEP) {
    const chunk = await store.getRange(key, { start: from, end: Math.min(bytes, from + STEP), size }, signal);
    for (let at = 0; at < chunk.length;) {
      const newline = chunk.indexOf(NEWLINE, at);
      const end = newline < 0 ? chunk.length : newline;
      const room = START_BYTES - start.length;
      if (room > 0) start = Buffer.concat([start, chunk.subarray(at, Math.min(end, at + room))]);
      at = end + 1;
      if (newline < 0) continue;
      yield { line, start };
      start = Buffer.alloc(0);
      line += 1;
    }
  }
}

/** The fields before the raw text. In JSON the mark stands in no string: there its quotes are escaped. */
function parseStart(start: Buffer): z.infer<typeof recordSchema> | null {
  const end = start.indexOf(',"encoding":');
  if (end < 0) return null;
  try {
    return recordSchema.safeParse(JSON.parse(`${start.toString('utf8', 0, end)}}`)).data ?? null;
  } catch {
    return null;
  }
}
