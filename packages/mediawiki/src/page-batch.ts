import type { DumpSplitter } from './dump-splitter.js';

/** What stands at a border of a batch: a `<page`, a `<revision` of a page that began before, or just any byte. */
export type Border = 'page' | 'revision' | 'anywhere';

/** A run of a dump's bytes, in a form that can be given to another thread. */
export interface PageBatch {
  /** Of its first byte, in the dump. */
  readonly offset: number;
  /** What it begins with (the first one: the head's end); where that is no page it goes on where the batch before it ended. */
  readonly begins: Border;
  /** What follows it; a page stands for the end of the dump, too. */
  readonly ends: Border;
  /** Its bytes are the first `length`. */
  readonly bytes: ArrayBuffer;
  readonly length: number;
}

/** So much is cut at a time: what was just copied is still in the processor's cache when it is converted. */
const SLICE_BYTES = 128 * 1024;

/**
 * Cuts a batch into the pieces that the whole dump would be cut into. `continues`: the splitter has the state of the batch
 * before it, and goes on with that. Throws what the splitter's sink throws.
 */
export function splitBatch(
  { offset, begins, ends, bytes, length }: PageBatch,
  splitter: DumpSplitter,
  continues = begins === 'anywhere',
): void {
  if (!continues && begins !== 'anywhere') splitter.begin(offset, begins);
  for (let at = 0; at < length; at += SLICE_BYTES) {
    splitter.push(new Uint8Array(bytes, at, Math.min(SLICE_BYTES, length - at)));
  }
  if (ends === 'page') splitter.end();
  else if (ends === 'revision') splitter.endBeforeRevision();
  else splitter.flush();
}
