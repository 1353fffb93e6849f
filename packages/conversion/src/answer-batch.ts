import type { BatchConverter } from '@wikifleet/mediawiki/batch-converter';
import { toSentRows } from './batch-messages.js';
import type { BatchReply, BatchRequest } from './batch-messages.js';
import { toSent } from './sent-error.js';
import type { TextColumnsCache } from './text-columns.js';

/** Converts the batch that is given, in whatever thread this is; errors are answers, too. */
export function answerBatch(
  converter: BatchConverter,
  cache: TextColumnsCache,
  { batch, wiki, filter, encoding, texts, memory }: BatchRequest,
): BatchReply {
  try {
    const outcome = converter.convert(batch, wiki, filter, encoding, memory);
    if (outcome.kind === 'refused') return { ...outcome, batch };
    const columns = texts === null || outcome.rows === null ? null : cache.for(texts, encoding);
    const rows = outcome.rows === null ? null : (columns?.addTo(outcome.rows) ?? outcome.rows);
    return {
      ...outcome,
      rows: rows === null ? null : toSentRows(rows),
      texts: columns?.takeCounts() ?? null,
      pages: { ids: Float64Array.from(outcome.pages.ids), offsets: Float64Array.from(outcome.pages.offsets) },
      failure: outcome.failure === null ? null : toSent(outcome.failure),
      bytes: batch.bytes,
    };
  } catch (error) {
    return { kind: 'error', error: toSent(error) };
  }
}

/** What of an answer is moved from thread to thread, and not copied. */
export function movedOf(reply: BatchReply): ArrayBuffer[] {
  switch (reply.kind) {
    case 'rows': {
      const { rows, bytes, pages } = reply;
      const ofRows = rows === null ? [] : [rows.bytes, rows.ends, rows.pageIds, rows.pageRows];
      return [bytes, ...[...ofRows, pages.ids, pages.offsets].map(({ buffer }) => buffer)];
    }
    case 'refused':
      return [reply.batch.bytes];
    case 'error':
      return [];
  }
}
