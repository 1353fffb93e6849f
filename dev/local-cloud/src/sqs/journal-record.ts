import type { MessageContent, MessageProgress } from './message.js';

/** A move task as the journal keeps it; see MoveTasks. */
export interface MoveTaskState {
  readonly id: string;
  readonly sourceArn: string;
  readonly destinationArn?: string;
  /** Messages a second. */
  readonly rate?: number;
  readonly status: 'RUNNING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly moved: number;
  readonly toMove: number;
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly failure?: string;
}

/**
 * One line of the journal: a change of one queue (`q`, its name) or of a move task. Applied in order to nothing, the records of a
 * journal give the state; a snapshot is records too. A record about a message that is gone says nothing.
 */
export type JournalRecord =
  | {
      readonly t: 'queue';
      readonly q: string;
      readonly attributes: Readonly<Record<string, string>>;
      readonly tags: Readonly<Record<string, string>>;
      /** Unix seconds. */
      readonly created: number;
      readonly modified: number;
    }
  | { readonly t: 'drop'; readonly q: string }
  | { readonly t: 'purge'; readonly q: string }
  /** A message that was sent (`p` absent), or one of a snapshot. */
  | { readonly t: 'put'; readonly q: string; readonly m: MessageContent; readonly p?: MessageProgress }
  /** A receive, a changed visibility; `front` where a receive is taken back. */
  | { readonly t: 'set'; readonly q: string; readonly id: string; readonly p: MessageProgress; readonly front?: true }
  | { readonly t: 'delete'; readonly q: string; readonly id: string }
  /** From queue `q` to queue `to`, in one step: by a redrive policy (same id), or by a move task (a new message). */
  | {
      readonly t: 'move';
      readonly q: string;
      readonly id: string;
      readonly to: string;
      readonly m?: Pick<MessageContent, 'id' | 'sentAt'>;
      readonly p: MessageProgress;
    }
  | { readonly t: 'task'; readonly task: MoveTaskState };
