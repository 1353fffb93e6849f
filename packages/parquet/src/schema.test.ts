import assert from 'node:assert/strict';
import { NO_OPTIONAL_COLUMNS, rowColumns } from '@wikifleet/domain/row-columns';
import type { Field } from '@wikifleet/domain/row-columns';
import { leavesOf, parquetSchema } from './schema.js';

describe('the Parquet schema', () => {
  const columns = rowColumns(NO_OPTIONAL_COLUMNS);
  const elements = parquetSchema(columns);

  it('has an element for each column, with a field id of its own', () => {
    assert.equal(elements[0]?.num_children, columns.length);
    assert.equal(elements.length, 1 + 18 + 3 + 6);
    const ids = elements.map(({ field_id: id }) => id).filter((id) => id !== undefined);
    assert.equal(ids.length, elements.length - 2);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has plain_text, which may be null, as its last column where that is asked for', () => {
    const more = parquetSchema(rowColumns({ ...NO_OPTIONAL_COLUMNS, extract: ['plain_text'] }));
    assert.deepEqual(more.slice(1, -1), elements.slice(1));
    const { name, repetition_type: repetition, converted_type: type } = more.at(-1)!;
    assert.deepEqual([name, repetition, type], ['plain_text', 'OPTIONAL', 'UTF8']);
  });

  it('has slots as a map in three levels', () => {
    const at = elements.findIndex(({ name }) => name === 'revision_content_slots');
    const levels = elements.slice(at, at + 4);
    assert.deepEqual(
      levels.map(({ name, repetition_type: repetition, num_children: children }) => [name, repetition, children]),
      [
        ['revision_content_slots', 'REQUIRED', 1],
        ['key_value', 'REPEATED', 2],
        ['key', 'REQUIRED', undefined],
        ['value', 'REQUIRED', 6],
      ],
    );
    assert.deepEqual(levels[0]?.logical_type, { type: 'MAP' });
  });

  it('has lists of structs in three levels, whose leaves count what may be missing and repeat', () => {
    const text: Field = { name: 'title', id: 3, nullable: true, type: 'string' };
    const level: Field = { name: 'level', id: 4, nullable: false, type: 'integer' };
    const section: Field = { name: 'element', id: 2, nullable: false, type: { struct: [text, level] } };
    const sections: Field = { name: 'sections', id: 1, nullable: true, type: { list: section } };
    assert.deepEqual(
      parquetSchema([sections]).map(({ name, repetition_type: repetition }) => [name, repetition]),
      [
        ['row', undefined],
        ['sections', 'OPTIONAL'],
        ['list', 'REPEATED'],
        ['element', 'REQUIRED'],
        ['title', 'OPTIONAL'],
        ['level', 'REQUIRED'],
      ],
    );
    assert.deepEqual(
      leavesOf([sections]).map(({ path, maxRepetition, maxDefinition }) => [
        path.join('.'),
        maxRepetition,
        maxDefinition,
      ]),
      [
        ['sections.list.element.title', 1, 3],
        ['sections.list.element.level', 1, 2],
      ],
    );
  });
});
