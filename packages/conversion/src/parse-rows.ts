import { PermanentError, messageOf } from '@wikifleet/domain/errors';
import type { RowColumn, ScalarColumn } from './parquet-schema.js';

/** A value as an encoder takes it; integers are `bigint`. */
export type CellValue = string | bigint | boolean | null;
export type SlotsValue = readonly { readonly key: string; readonly value: Readonly<Record<string, CellValue>> }[];

type Cells = (CellValue | SlotsValue)[];
type Json = Readonly<Record<string, unknown>>;

const NEWLINE = 0x0a;

/**
 * The columns of JSON lines, in the order of `columns`, a value a row. Throws a `PermanentError` `ROW_UNFIT` for a line
 * that has other keys or other types than the columns, or text that UTF-8 cannot hold: nothing is left out.
 */
export function parseRows(lines: Uint8Array, columns: readonly RowColumn[]): Cells[] {
  const cells: Cells[] = columns.map(() => []);
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  for (let at = 0, row = 0; at < bytes.length; row += 1) {
    const newline = bytes.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = bytes.toString('utf8', at, end);
    at = end + 1;
    try {
      addRow(objectOf(JSON.parse(line), columns), columns, cells, line.includes('\\ud') ? wellFormed : asItIs);
    } catch (error) {
      const place = `row ${row} of its row group`;
      throw new PermanentError('ROW_UNFIT', `${place}: ${messageOf(error)}: ${line.slice(0, 200)}`, {
        cause: error,
        place,
      });
    }
  }
  return cells;
}

type CheckText = (text: string) => string;
const asItIs: CheckText = (text) => text;
/** A lone surrogate would become another character. */
const wellFormed: CheckText = (text) => {
  if (!/\p{Surrogate}/u.test(text)) return text;
  throw new TypeError('expected text, received half a surrogate pair');
};

function addRow(row: Json, columns: readonly RowColumn[], cells: readonly Cells[], check: CheckText): void {
  for (const [i, column] of columns.entries()) {
    const value = row[column.name];
    cells[i]?.push(
      column.kind === 'slots'
        ? Object.entries(objectOf(value)).map(([key, slot]) => ({
            key: check(key),
            value: slotOf(objectOf(slot, column.columns), column.columns, check),
          }))
        : cellOf(value, column, check),
    );
  }
}

function slotOf(slot: Json, columns: readonly ScalarColumn[], check: CheckText): Record<string, CellValue> {
  const value: Record<string, CellValue> = {};
  for (const column of columns) value[column.name] = cellOf(slot[column.name], column, check);
  return value;
}

/** A key too many is found here, one too few by its value. */
function objectOf(value: unknown, columns?: readonly RowColumn[]): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`expected an object, received ${JSON.stringify(value)}`);
  const keys = Object.keys(value).length;
  if (columns !== undefined && keys !== columns.length)
    throw new TypeError(`expected ${columns.length} keys, received ${keys}`);
  return value as Json;
}

function cellOf(value: unknown, { name, kind, nullable }: ScalarColumn, check: CheckText): CellValue {
  if (value === null && nullable) return null;
  switch (kind) {
    case 'string':
      if (typeof value === 'string') return check(value);
      break;
    case 'integer':
      if (Number.isInteger(value)) return BigInt(value as number);
      break;
    case 'boolean':
      if (typeof value === 'boolean') return value;
      break;
  }
  throw new TypeError(`${name}: expected ${nullable ? `${kind} or null` : kind}, received ${JSON.stringify(value)}`);
}
