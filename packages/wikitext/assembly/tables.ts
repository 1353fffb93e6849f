// Tables: left out, or their cells.

import { emitInline } from './emit';
import * as o from './output';
import { wantsRecords } from './records';
import { endOf, nextOf, NODE_BYTES, startOf } from './tree';

export function emitTable(table: usize): void {
  if (o.muted > 0 && !wantsRecords) return;
  if (wantsRecords) {
    // what it links to is found
    o.mute();
    emitInline(startOf(table) + 2, endOf(table) - 2, table + NODE_BYTES, nextOf(table));
    o.unmute();
  }
  if (o.muted == 0) {
    o.endBlock();
    o.setLineStart(true);
  }
}
