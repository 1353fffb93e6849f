/** What the objects of a run are, by their keys. */
export type KeyClass =
  | 'plan'
  | 'raw object'
  | 'raw record'
  | 'receipt'
  | 'part'
  | 'index'
  | 'quarantine'
  | 'file manifest'
  | 'run manifest'
  | 'failure'
  | 'other';

const CLASSES: readonly [pattern: RegExp, name: KeyClass][] = [
  [/^runs\/.*\/plan\.json$/, 'plan'],
  [/^raw\//, 'raw object'],
  [/^rows\//, 'part'],
  [/^quarantine\//, 'quarantine'],
  [/^runs\/.*\/raw\/[^/]+\.json$/, 'raw record'],
  [/^runs\/.*\/receipts\//, 'receipt'],
  [/^runs\/.*\/index\//, 'index'],
  [/^runs\/.*\/manifests\//, 'file manifest'],
  [/^runs\/.*\/failures\//, 'failure'],
  [/^runs\/.*\/manifest\.json$/, 'run manifest'],
];

export function classOfKey(key: string): KeyClass {
  return CLASSES.find(([pattern]) => pattern.test(key))?.[1] ?? 'other';
}
