import type { MessageAttributes } from './message-attributes.js';

/** What a sender gave, and what it was given: never changes. This is the form the journal keeps. */
export interface MessageContent {
  readonly id: string;
  readonly body: string;
  readonly attributes?: MessageAttributes;
  /** System attribute `AWSTraceHeader`. */
  readonly traceHeader?: string;
  /** On a standard queue only handed through. */
  readonly groupId?: string;
  /** Unix time in milliseconds; the retention period counts from here, in a dead-letter queue too. */
  readonly sentAt: number;
}

/** `ready` can be received; `delayed` was never received and becomes ready at `wakeAt`; `inflight` was, and does too. */
export type MessageState = 'ready' | 'delayed' | 'inflight';

/** The part of a message that changes while it is in a queue. */
export interface MessageProgress {
  readonly state: MessageState;
  /** Unix time in milliseconds at which a message that is not ready becomes it. */
  readonly wakeAt: number;
  /** Times received, over all queues. */
  readonly receives: number;
  /** How many of them were in the queues it was moved from: a redrive policy counts only its own queue's. */
  readonly carried: number;
  /** Unix times in milliseconds of the first and the last receive, 0 before. */
  readonly firstReceivedAt: number;
  readonly receivedAt: number;
  /** Identifies the last receive, and so the only receipt handle that still holds; empty before. */
  readonly receipt: string;
  /** ARN of the queue whose redrive policy moved the message here. */
  readonly sourceArn?: string;
}

export const FRESH: MessageProgress = {
  state: 'ready',
  wakeAt: 0,
  receives: 0,
  carried: 0,
  firstReceivedAt: 0,
  receivedAt: 0,
  receipt: '',
};

/** A message in a queue: its content, its progress, and its place in the list of those that are ready. */
export class Message {
  readonly content: MessageContent;
  /** Bytes that count towards a queue's memory limit. */
  readonly weight: number;
  progress: MessageProgress;
  /** Neighbours in the ready list; only ReadyList touches them. */
  previous: Message | undefined;
  next: Message | undefined;

  constructor(content: MessageContent, progress: MessageProgress, weight: number) {
    this.content = content;
    this.progress = progress;
    this.weight = weight;
  }
}
