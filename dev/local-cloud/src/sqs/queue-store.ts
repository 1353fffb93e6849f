import { join } from 'node:path';
import { Journal } from './journal.js';
import type { JournalRecord, MoveTaskState } from './journal-record.js';
import { Queue } from './queue.js';

/** Finished move tasks that are remembered for a source queue, as many as SQS lists. */
const TASKS_KEPT = 10;

/**
 * All queues and move tasks of a service, in memory, and the journal they are rebuilt from. Every change goes through `commit`: first
 * the journal takes the record, then the state; an answer waits for `settled`.
 */
export class QueueStore {
  readonly #queues = new Map<string, Queue>();
  readonly #tasks = new Map<string, MoveTaskState>();
  readonly #arnPrefix: string;
  #journal: Journal | undefined;

  private constructor(arnPrefix: string) {
    this.#arnPrefix = arnPrefix;
  }

  /** `arnPrefix` is all of an ARN before the queue's name; the journal is `queues.jsonl` in the directory. */
  static async open(directory: string, arnPrefix: string): Promise<QueueStore> {
    const store = new QueueStore(arnPrefix);
    const apply = (record: JournalRecord): void => store.#apply(record);
    store.#journal = await Journal.open(join(directory, 'queues.jsonl'), apply, () => store.#snapshot());
    return store;
  }

  get queues(): ReadonlyMap<string, Queue> {
    return this.#queues;
  }

  get tasks(): ReadonlyMap<string, MoveTaskState> {
    return this.#tasks;
  }

  arnOf(name: string): string {
    return `${this.#arnPrefix}${name}`;
  }

  byArn(arn: string): Queue | undefined {
    return arn.startsWith(this.#arnPrefix) ? this.#queues.get(arn.slice(this.#arnPrefix.length)) : undefined;
  }

  commit(record: JournalRecord): void {
    this.#journal?.append(record);
    this.#apply(record);
  }

  /** Resolves when every change until now survives the death of the process. */
  async settled(): Promise<void> {
    await this.#journal?.settled();
  }

  /** After a failed write: has what failed written. Throws `JOURNAL_FAILED` while there is no room. */
  async recover(): Promise<void> {
    await this.#journal?.recover();
  }

  async close(): Promise<void> {
    await this.#journal?.close();
  }

  #apply(record: JournalRecord): void {
    switch (record.t) {
      case 'task':
        this.#keepTask(record.task);
        return;
      case 'queue':
        this.#putQueue(record);
        return;
      case 'drop':
        this.#queues.delete(record.q);
        return;
      default:
        this.#applyMessage(record);
    }
  }

  #applyMessage(record: Exclude<JournalRecord, { t: 'task' | 'queue' | 'drop' }>): void {
    const queue = this.#queues.get(record.q);
    if (queue === undefined) return;
    if (record.t === 'put') return queue.add(record.m, record.p);
    if (record.t === 'purge') return queue.clear();
    const message = queue.find(record.id);
    if (message === undefined) return;
    if (record.t === 'set') return queue.update(message, record.p, record.front);
    queue.remove(record.id);
    if (record.t === 'move') this.#queues.get(record.to)?.add({ ...message.content, ...record.m }, record.p);
  }

  #putQueue(record: Extract<JournalRecord, { t: 'queue' }>): void {
    const attributes = new Map(Object.entries(record.attributes));
    const known = this.#queues.get(record.q);
    const queue = known ?? new Queue(record.q, this.arnOf(record.q), attributes, record.created);
    queue.attributes = attributes;
    queue.tags = new Map(Object.entries(record.tags));
    queue.modifiedAt = record.modified;
    this.#queues.set(record.q, queue);
  }

  #keepTask(task: MoveTaskState): void {
    this.#tasks.delete(task.id);
    this.#tasks.set(task.id, task);
    const finished = [...this.#tasks.values()].filter(
      (other) => other.sourceArn === task.sourceArn && other.status !== 'RUNNING',
    );
    for (const old of finished.slice(0, -TASKS_KEPT)) this.#tasks.delete(old.id);
  }

  *#snapshot(): Generator<JournalRecord> {
    for (const queue of this.#queues.values()) {
      yield queueRecord(queue);
      for (const { content, progress } of queue.messages()) yield { t: 'put', q: queue.name, m: content, p: progress };
    }
    for (const task of this.#tasks.values()) yield { t: 'task', task };
  }
}

/** The record of a queue as it is, with what is given in place of its own. */
export function queueRecord(
  queue: Pick<Queue, 'name' | 'attributes' | 'tags' | 'createdAt' | 'modifiedAt'>,
): JournalRecord {
  return {
    t: 'queue',
    q: queue.name,
    attributes: Object.fromEntries(queue.attributes),
    tags: Object.fromEntries(queue.tags),
    created: queue.createdAt,
    modified: queue.modifiedAt,
  };
}
