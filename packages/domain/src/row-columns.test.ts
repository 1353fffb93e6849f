import assert from 'node:assert/strict';
import { NO_OPTIONAL_COLUMNS, rowColumns } from './row-columns.js';
import type { Field } from './row-columns.js';
import { rowJsonSchema } from './row-schema.js';
import { TEXT_COLUMNS } from './text-columns.js';

interface JsonType {
  readonly type?: string | readonly string[];
  readonly additionalProperties?: { readonly $ref?: string };
}

/** A column as the JSON Schema of the row has it. */
function described(name: string, { type, additionalProperties: values }: JsonType): unknown {
  const [kind, ...others] = [type ?? []].flat();
  return { name, kind: values?.$ref ?? kind, nullable: others.includes('null') };
}

function shownField({ name, type, nullable }: Field): unknown {
  const kind = typeof type === 'string' ? type : 'map' in type ? '#/$defs/slot' : 'list' in type ? 'array' : 'other';
  return { name, kind, nullable };
}

describe('the columns of a row', () => {
  const { properties = {}, $defs = {}, required = [] } = rowJsonSchema();
  const names = Object.keys(properties);
  const columns = rowColumns(NO_OPTIONAL_COLUMNS);

  it('are those of the row schema: names, order, types, and which may be null', () => {
    const expected = names.map((name) => described(name, properties[name] as JsonType));
    const all = rowColumns({ ...NO_OPTIONAL_COLUMNS, extract: TEXT_COLUMNS });
    assert.deepEqual(all.map(shownField), expected);
    assert.deepEqual(
      columns.map(({ name }) => name),
      required,
    );
  });

  it('have lists with the fields of their entries', () => {
    for (const { name, type } of rowColumns({ ...NO_OPTIONAL_COLUMNS, extract: TEXT_COLUMNS })) {
      if (typeof type !== 'object' || !('list' in type)) continue;
      const entry = type.list.type;
      assert.ok(typeof entry === 'object' && 'struct' in entry);
      const { items } = properties[name] as { items: { properties: Record<string, JsonType> } };
      assert.deepEqual(
        entry.struct.map(shownField),
        Object.entries(items.properties).map(([field, value]) => described(field, value)),
      );
    }
  });

  it('are only those that are chosen, and the keys of a row', () => {
    const chosen = rowColumns({ ...NO_OPTIONAL_COLUMNS, extract: ['links'], columns: ['links', 'revision_dt'] });
    assert.deepEqual(
      chosen.map(({ name }) => name),
      ['wiki_id', 'page_id', 'page_title', 'revision_id', 'revision_dt', 'links'],
    );
  });

  it('have slots with the columns of a slot', () => {
    const slots = columns.find(({ name }) => name === 'revision_content_slots')?.type;
    assert.ok(typeof slots === 'object' && 'map' in slots);
    const { type } = slots.map.value;
    assert.ok(typeof type === 'object' && 'struct' in type);
    const slot = Object.entries($defs['slot']?.properties ?? {});
    assert.deepEqual(
      type.struct.map(shownField),
      slot.map(([name, value]) => described(name, value as JsonType)),
    );
  });
});
