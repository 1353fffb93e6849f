import type { Position } from '@wikifleet/domain/receipts';
import { MAX_QUARANTINE_BYTES, MAX_QUARANTINE_RECORDS } from '@wikifleet/mediawiki/quarantine';
import type { QuarantineRecord } from '@wikifleet/mediawiki/quarantine';
import type { ByteSink } from './member-writer.js';

/** So many of the units that could not be read are kept to be shown. */
export const MAX_FIRST_UNREADABLE = 5;
const MAX_SHOWN_REASON = 300;

/** A unit that could not be read, to be shown. */
export interface UnreadableUnit {
  readonly code: string;
  readonly reason: string;
  readonly pageTitle: string | null;
  readonly revisionId: number | null;
  /** Position in the decompressed bytes from the split's beginning on. */
  readonly offset: number;
}

/**
 * Writes a split's quarantine: JSON lines, `MAX_QUARANTINE_RECORDS` and `MAX_QUARANTINE_BYTES` at most. From the first
 * record on that does not fit, records are counted by their code alone: so what is stored depends on the records alone.
 */
export class QuarantineWriter {
  readonly #sink: ByteSink;
  readonly #positionAt: (offset: number) => Position;
  readonly #first: UnreadableUnit[] = [];
  readonly #dropped = new Map<string, number>();
  #records = 0;
  #bytes = 0;
  #isFull = false;

  constructor(sink: ByteSink, positionAt: (offset: number) => Position) {
    this.#sink = sink;
    this.#positionAt = positionAt;
  }

  /** The first units that could not be read. */
  get first(): readonly UnreadableUnit[] {
    return this.#first;
  }

  /** Records that were not stored, by their code. */
  get dropped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#dropped);
  }

  async add(records: readonly QuarantineRecord[]): Promise<void> {
    const lines: Buffer[] = [];
    for (const record of records) {
      if (this.#first.length < MAX_FIRST_UNREADABLE) this.#first.push(shownUnit(record));
      const line = this.#isFull ? null : this.#lineOf(record);
      if (line === null) this.#dropped.set(record.code, (this.#dropped.get(record.code) ?? 0) + 1);
      else lines.push(line);
    }
    if (lines.length > 0) await this.#sink.write(lines.length === 1 ? lines[0]! : Buffer.concat(lines));
  }

  #lineOf({ offset, ...record }: QuarantineRecord): Buffer | null {
    const line = Buffer.from(`${JSON.stringify({ ...record, ...this.#positionAt(offset) })}\n`);
    this.#isFull = this.#records === MAX_QUARANTINE_RECORDS || this.#bytes + line.length > MAX_QUARANTINE_BYTES;
    if (this.#isFull) return null;
    this.#records += 1;
    this.#bytes += line.length;
    return line;
  }
}

function shownUnit({ code, reason, page_title, revision_id, offset }: QuarantineRecord): UnreadableUnit {
  const shown = reason.length > MAX_SHOWN_REASON ? `${reason.slice(0, MAX_SHOWN_REASON)}…` : reason;
  return { code, reason: shown, pageTitle: page_title, revisionId: revision_id, offset };
}
