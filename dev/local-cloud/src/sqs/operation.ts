import type { Input } from './input.js';
import type { MoveTasks } from './move-tasks.js';
import type { PurgeTimes } from './purge-times.js';
import type { Queue } from './queue.js';
import type { QueueStore } from './queue-store.js';
import type { Receiver } from './receiver.js';

/** A response's JSON object. */
export type Output = Readonly<Record<string, unknown>>;

/** What an operation works with. */
export interface OperationContext {
  readonly store: QueueStore;
  readonly receiver: Receiver;
  readonly moveTasks: MoveTasks;
  readonly purges: PurgeTimes;
  readonly accountId: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  /** The queue that `QueueUrl` names, brought up to now. Throws QueueDoesNotExist, InvalidAddress. */
  readonly queue: (input: Input) => Queue;
  readonly urlOf: (name: string) => string;
  /** What to undo when the answer does not reach the client. */
  readonly onUndelivered: (undo: () => void) => void;
}

export type Operation = (context: OperationContext, input: Input) => Output | Promise<Output>;
