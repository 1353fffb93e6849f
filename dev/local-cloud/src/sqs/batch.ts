import { messageOf } from '@wikifleet/domain/errors';
import type { Input } from './input.js';
import { SqsError } from './sqs-error.js';

const MAX_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

interface BatchFailure {
  readonly Id: string;
  readonly SenderFault: boolean;
  readonly Code: string;
  readonly Message: string;
}

/** The entries of a batch with their ids, checked as a whole: 1 to 10, ids well formed and distinct. */
export function readBatch(input: Input): ReadonlyMap<string, Input> {
  const inputs = input.inputs('Entries');
  if (inputs.length === 0)
    throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (inputs.length > MAX_ENTRIES)
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${inputs.length}.`,
    );
  const entries = new Map<string, Input>();
  for (const entry of inputs) {
    const id = entry.optionalString('Id') ?? '';
    if (!ENTRY_ID.test(id))
      throw new SqsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    if (entries.has(id)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    entries.set(id, entry);
  }
  return entries;
}

/** Does each entry by itself: one that fails does not hold back the others. Lists that would be empty are left out, as SQS does. */
export function runBatch(
  entries: ReadonlyMap<string, Input>,
  each: (entry: Input) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const successful: Record<string, unknown>[] = [];
  const failed: BatchFailure[] = [];
  for (const [id, entry] of entries) {
    try {
      successful.push({ Id: id, ...each(entry) });
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      failed.push({ Id: id, SenderFault: error.senderFault, Code: error.queryCode, Message: messageOf(error) });
    }
  }
  return {
    ...(successful.length > 0 ? { Successful: successful } : {}),
    ...(failed.length > 0 ? { Failed: failed } : {}),
  };
}
