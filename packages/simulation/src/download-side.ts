import type { EventHeap } from './event-heap.js';
import { Lanes } from './lanes.js';
import { MirrorChoice } from './mirror-choice.js';
import type { PoolMember } from './mirror-choice.js';
import type { RunModel, SimulatedDownloaders, SimulatedFile } from './run-model.js';
import type { MirrorShare, Observer } from './simulated-run.js';

interface Task {
  readonly number: number;
  readonly pool: MirrorChoice;
  /** Jobs that hold a slot and wait for a connection. */
  readonly waiting: number[];
  /** When the pool was asked to look again; it is not asked twice for the same. */
  wakeAt: number;
}

interface Transfer {
  readonly task: Task;
  readonly member: PoolMember;
  readonly file: number;
  readonly began: number;
  readonly moved: number;
}

/** The downloaders and the mirrors: takes the files in their order, and says when each is complete. */
export class DownloadSide {
  readonly #files: readonly SimulatedFile[];
  readonly #downloaders: SimulatedDownloaders;
  readonly #events: EventHeap<(now: number) => void>;
  readonly #lanes: Lanes<Transfer>;
  readonly #tasks: readonly Task[];
  readonly #shares: { name: string; bytes: number; files: number; transferSeconds: number }[];
  readonly #onFile: (file: number, now: number) => void;
  readonly #observe: Observer | undefined;
  #next = 0;

  constructor(
    { files, mirrors, downloaders }: RunModel,
    events: EventHeap<(now: number) => void>,
    onFile: (file: number, now: number) => void,
    observe: Observer | undefined,
  ) {
    this.#files = files;
    this.#downloaders = downloaders;
    this.#events = events;
    this.#onFile = onFile;
    this.#observe = observe;
    this.#lanes = new Lanes(mirrors, downloaders.tasks, downloaders.bytesPerSecond);
    this.#shares = mirrors.map(({ name }) => ({ name, bytes: 0, files: 0, transferSeconds: 0 }));
    this.#tasks = Array.from({ length: downloaders.tasks }, (_, number) => ({
      number,
      pool: new MirrorChoice(mirrors, downloaders.tasks),
      waiting: [],
      wakeAt: Infinity,
    }));
    events.add(downloaders.startSeconds, (now) => {
      for (let slot = 0; slot < downloaders.slots; slot += 1) for (const task of this.#tasks) this.#takeJob(task, now);
    });
  }

  get nextAt(): number {
    return this.#lanes.nextAt;
  }

  get bytesPerSecond(): number {
    return this.#lanes.bytesPerSecond;
  }

  get transfers(): number {
    return this.#lanes.moving;
  }

  get mirrors(): readonly MirrorShare[] {
    return this.#shares;
  }

  advance(now: number): void {
    this.#lanes.advance(now);
  }

  /** Ends the transfer that is due now. */
  complete(now: number): void {
    const transfer = this.#lanes.complete();
    if (transfer === undefined) return;
    const { task, member, file, began, moved } = transfer;
    const bytes = this.#files[file]?.bytes ?? 0;
    task.pool.done(member, bytes, now - began);
    const share = this.#shares[member.mirror];
    if (share !== undefined) {
      share.bytes += bytes;
      share.files += 1;
      share.transferSeconds += now - moved;
    }
    this.#observe?.({ kind: 'transferred', at: now, mirror: member.mirror, file });
    this.#events.add(now + this.#downloaders.closeSeconds, (closed) => {
      this.#observe?.({ kind: 'file', at: closed, file });
      this.#onFile(file, closed);
      this.#takeJob(task, closed);
    });
    this.#serve(task, now);
  }

  #takeJob(task: Task, now: number): void {
    if (this.#next >= this.#files.length) return;
    task.waiting.push(this.#next);
    this.#next += 1;
    this.#serve(task, now);
  }

  #serve(task: Task, now: number): void {
    for (;;) {
      const [file] = task.waiting;
      if (file === undefined) return;
      const member = task.pool.take(now);
      if (member === undefined) {
        this.#lookAgain(task, now);
        return;
      }
      task.waiting.shift();
      this.#open(task, member, file, now);
    }
  }

  #lookAgain(task: Task, now: number): void {
    const at = task.pool.nextRested(now);
    if (at === Infinity || at === task.wakeAt) return;
    task.wakeAt = at;
    this.#events.add(at, (woken) => {
      if (task.wakeAt === at) task.wakeAt = Infinity;
      this.#serve(task, woken);
    });
  }

  #open(task: Task, member: PoolMember, file: number, began: number): void {
    const { config, mirror } = member;
    if (config.connectionBytesPerSecond <= 0) {
      this.#events.add(began + this.#downloaders.failSeconds, (now) => {
        task.pool.failed(member, now, began);
        task.waiting.push(file);
        this.#serve(task, now);
      });
      return;
    }
    this.#observe?.({ kind: 'transfer', at: began, mirror, file });
    this.#events.add(began + config.openSeconds, (now) => {
      this.#lanes.begin(task.number, mirror, this.#files[file]?.bytes ?? 0, { task, member, file, began, moved: now });
    });
  }
}
