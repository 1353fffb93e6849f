import type { Container } from '@wikifleet/domain/containers';
import { WIKI_NAME_RULE } from '@wikifleet/domain/names';
import type { Head } from '@wikifleet/domain/receipts';
import { DumpConverter } from '@wikifleet/mediawiki/dump-converter';
import type { DumpHead, WikiChoice } from '@wikifleet/mediawiki/dump-head';
import type { DumpReader } from '@wikifleet/mediawiki/dump-reader';
import type { BlockPool } from './block-pool.js';
import type { FileSource } from './file-source.js';
import { refuseForeignBytes } from './foreign-file.js';
import { PositionMap } from './position-map.js';
import { readSplit } from './split-bytes.js';

/** A file's head, for the receipt and for the converter. */
export interface KnownHead {
  readonly receipt: Head;
  readonly dump: DumpHead;
}

export const NO_HEAD: Head = {
  firstBlock: null,
  bytes: 0,
  end: { block: 0, offset: 0 },
  followedBy: 'nothing',
  hasRoot: false,
  dbname: null,
  encoding: 'utf-8',
};

/** Reads a file's head, as every split but the first does before its own bytes. Throws what the head is refused for. */
export async function readHead(
  container: Container,
  source: FileSource,
  wiki: WikiChoice,
  pool: BlockPool,
): Promise<KnownHead> {
  const positions = new PositionMap();
  const converter = new DumpConverter({ wiki: wiki.wiki, wikiOverrides: wiki.overrides });
  converter.ownTo(0);
  let offset = 0;
  let isTranscribed = false;
  for await (const { bytes, block } of readSplit(container, source, { start: 0, end: 0 }, pool)) {
    if (offset === 0) {
      refuseForeignBytes(bytes, container, source);
      isTranscribed = isUtf16(bytes);
    }
    positions.add(isTranscribed ? converter.offset : offset, block);
    offset += bytes.length;
    converter.push(bytes);
    if (converter.done || converter.endTag !== null) break;
  }
  if (!converter.done && converter.endTag === null) converter.end();
  return { receipt: headOf(converter, positions), dump: converter.head! };
}

/** What a receipt says of the head that was read. */
export function headOf(reader: DumpReader, positions: PositionMap): Head {
  const { head, firstPage, nextPage, endTag } = reader;
  if (head === null) return NO_HEAD;
  const { hasRoot, dbname, encoding } = head;
  // up to the first page: what is in between the head and that page is the first split's to check
  const bytes = firstPage ?? nextPage ?? endTag ?? reader.offset;
  const followedBy = firstPage !== null || nextPage !== null ? 'page' : endTag !== null ? 'end-tag' : 'nothing';
  const { firstBlock } = positions;
  return { firstBlock, bytes, end: positions.at(bytes), followedBy, hasRoot, dbname, encoding };
}

/** Whether a file is UTF-16, by the byte-order mark that it begins with. */
export function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** What of a file's own `dbname` its rows do not follow, a sentence each. */
export function wikiWarnings({ wiki, dbname, invalidDbname }: DumpHead): string[] {
  const rows = `the rows have wiki_id ${JSON.stringify(wiki)}`;
  const warnings: string[] = [];
  if (dbname !== null && dbname !== wiki) warnings.push(`the file's dbname is ${JSON.stringify(dbname)}; ${rows}`);
  if (invalidDbname !== null) {
    warnings.push(
      `the file's dbname ${JSON.stringify(invalidDbname)} is not a valid wiki name (${WIKI_NAME_RULE}); ${rows}`,
    );
  }
  return warnings;
}
