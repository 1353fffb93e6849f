import { oneOf } from '@wikifleet/config/command-line';
import type { Queue } from '@wikifleet/queue/queue';
import type { Cloud } from '@wikifleet/worker/connect';

const QUEUES = ['downloads', 'converts'] as const;

export interface ChosenQueue {
  readonly name: (typeof QUEUES)[number];
  readonly queue: Queue;
}

/** The queue that `--queue` names, or both. */
export function chosenQueues({ downloads, converts }: Cloud, flag: string | undefined): readonly ChosenQueue[] {
  const both = [
    { name: 'downloads', queue: downloads },
    { name: 'converts', queue: converts },
  ] as const;
  if (flag === undefined) return both;
  const name = oneOf('queue', flag, QUEUES);
  return both.filter((candidate) => candidate.name === name);
}
