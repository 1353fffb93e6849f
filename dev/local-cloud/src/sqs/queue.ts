import { DeadlineHeap } from './deadline-heap.js';
import { FRESH, Message } from './message.js';
import type { MessageContent, MessageProgress } from './message.js';
import { sizeOfAttributes } from './message-attributes.js';
import type { QueueAttributes } from './queue-attributes.js';
import { parseRedrivePolicy } from './redrive-policy.js';
import type { RedrivePolicy } from './redrive-policy.js';
import { ReadyList } from './ready-list.js';

/** What a message weighs beside its body and attributes: an estimate of objects, map entry and heap entry, in bytes. */
const OVERHEAD = 512;

/**
 * One standard queue in memory: messages by id, those that are ready in order, the others by deadline. It changes only by its
 * methods, each one journal record, knows neither journal nor clients, and takes the time as it is told.
 */
export class Queue {
  readonly name: string;
  readonly arn: string;
  /** Unix seconds, as SQS shows them. */
  readonly createdAt: number;
  modifiedAt: number;
  tags: ReadonlyMap<string, string>;
  #attributes: QueueAttributes;
  #redrive: RedrivePolicy | undefined;
  readonly #messages = new Map<string, Message>();
  readonly #ready = new ReadyList();
  readonly #deadlines = new DeadlineHeap((id) => this.#messages.get(id));
  #delayed = 0;
  #weight = 0;
  /** No message was sent before this; only a bound, so that a sweep is rare. Unix milliseconds. */
  #oldestSentAt = Infinity;

  constructor(name: string, arn: string, attributes: QueueAttributes, createdAt: number) {
    this.name = name;
    this.arn = arn;
    this.createdAt = createdAt;
    this.modifiedAt = createdAt;
    this.tags = new Map();
    this.#attributes = attributes;
    this.#readRedrive();
  }

  get attributes(): QueueAttributes {
    return this.#attributes;
  }

  set attributes(attributes: QueueAttributes) {
    this.#attributes = attributes;
    this.#readRedrive();
  }

  get redrivePolicy(): RedrivePolicy | undefined {
    return this.#redrive;
  }

  /** Messages that can be received, that are not yet ready for the first time, and that somebody has received. */
  get counts(): { readonly ready: number; readonly delayed: number; readonly inflight: number } {
    const ready = this.#ready.size;
    return { ready, delayed: this.#delayed, inflight: this.#messages.size - ready - this.#delayed };
  }

  /** Bytes of all messages, with an overhead for each. */
  get weight(): number {
    return this.#weight;
  }

  /** The message to receive next. */
  get first(): Message | undefined {
    return this.#ready.first;
  }

  /** Those that are ready in their order, then the others. */
  *messages(): Generator<Message> {
    yield* this.#ready;
    for (const message of this.#messages.values()) if (message.progress.state !== 'ready') yield message;
  }

  /** An integer attribute: seconds, or bytes. */
  integer(name: string): number {
    return Number(this.#attributes.get(name));
  }

  find(id: string): Message | undefined {
    return this.#messages.get(id);
  }

  add(content: MessageContent, progress: MessageProgress = FRESH): void {
    this.remove(content.id);
    const message = new Message(content, progress, weightOf(content));
    this.#messages.set(content.id, message);
    this.#weight += message.weight;
    this.#oldestSentAt = Math.min(this.#oldestSentAt, content.sentAt);
    this.#place(message);
  }

  /** A new state of a message that is here. A message that was not ready and is now goes to the end, or to the front. */
  update(message: Message, progress: MessageProgress, front = false): void {
    this.#displace(message);
    message.progress = progress;
    this.#place(message, front);
    this.#deadlines.tidy(this.#messages.size - this.#ready.size);
  }

  remove(id: string): void {
    const message = this.#messages.get(id);
    if (message === undefined) return;
    this.#displace(message);
    this.#messages.delete(id);
    this.#weight -= message.weight;
  }

  clear(): void {
    this.#messages.clear();
    this.#ready.clear();
    this.#deadlines.clear();
    this.#delayed = 0;
    this.#weight = 0;
    this.#oldestSentAt = Infinity;
  }

  /**
   * Lets time pass: what is past its deadline becomes ready, what is past retention is gone. Neither is journalled, as both follow
   * from the time. Unix milliseconds.
   */
  advance(now: number): void {
    for (let message = this.#deadlines.popDue(now); message !== undefined; message = this.#deadlines.popDue(now))
      this.update(message, { ...message.progress, state: 'ready', wakeAt: 0 });
    const horizon = now - this.integer('MessageRetentionPeriod') * 1_000;
    if (this.#oldestSentAt > horizon) return;
    this.#oldestSentAt = Infinity;
    for (const { content } of this.#messages.values()) {
      if (content.sentAt <= horizon) this.remove(content.id);
      else this.#oldestSentAt = Math.min(this.#oldestSentAt, content.sentAt);
    }
  }

  /** Unix milliseconds at which the next hidden message becomes ready. */
  nextDeadline(): number | undefined {
    return this.#deadlines.nextAt();
  }

  #place(message: Message, front = false): void {
    if (message.progress.state === 'ready') {
      if (front) this.#ready.unshift(message);
      else this.#ready.push(message);
      return;
    }
    if (message.progress.state === 'delayed') this.#delayed += 1;
    this.#deadlines.push(message);
  }

  #displace(message: Message): void {
    if (message.progress.state === 'ready') this.#ready.remove(message);
    else if (message.progress.state === 'delayed') this.#delayed -= 1;
  }

  #readRedrive(): void {
    const policy = this.#attributes.get('RedrivePolicy');
    this.#redrive = policy === undefined ? undefined : parseRedrivePolicy(policy);
  }
}

/** Bytes that a message counts towards its queue's limit. */
export function weightOf(content: MessageContent): number {
  return Buffer.byteLength(content.body) + sizeOfAttributes(content.attributes) + OVERHEAD;
}
