import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { ChaosRandom } from '../faults/chaos-random.js';
import { ConnectionError, MemoryBody, s3Error } from '@wikifleet/store/memory-s3';
import type { MemoryS3 } from '@wikifleet/store/memory-s3';
import type { MemorySqs } from './memory-sqs.js';
import type { Trace } from './trace.js';

type Service = 's3' | 'sqs' | 'mirror';

/** A request on its way. Its effect and its answer are one step: what lies between them changes nothing that others see. */
interface Request {
  readonly actor: Actor;
  readonly service: Service;
  readonly name: string;
  readonly command: ModelCommand;
  readonly resolve: (answer: object) => void;
  readonly reject: (error: unknown) => void;
  attempts: number;
  /** Keys of a batch that are still to be deleted; null before the first step. */
  left: string[] | null;
  /** Whether an earlier attempt took effect and its answer was lost. */
  wasApplied: boolean;
}

export interface ModelCommand {
  readonly constructor: { readonly name: string };
  readonly input: object;
  /** Of a mirror: what it does when its step comes. */
  readonly answer?: () => object;
}

/** How likely what is at each request. */
export interface FaultRates {
  /** The effect happens, its answer is lost, and the SDK sends the request again. */
  readonly lostAnswer: number;
  /** The SDK sends it again, and the first one takes effect at some later time. */
  readonly late: number;
  /** The SDK gives up; the effect may have happened, may happen later, or never. */
  readonly failed: number;
  /** A body of status 200 is empty, damaged or cut. */
  readonly damaged: number;
  /** S3 answers 409 to a conditional write. */
  readonly conflict: number;
  readonly killed: number;
  readonly frozen: number;
  /** The lease is lost, or the service stops. */
  readonly aborted: number;
}

export const NO_FAULTS: FaultRates = {
  lostAnswer: 0,
  late: 0,
  failed: 0,
  damaged: 0,
  conflict: 0,
  killed: 0,
  frozen: 0,
  aborted: 0,
};

/** A program, or one job of a worker. */
export interface Actor {
  readonly name: string;
  readonly abort: AbortController;
  /** Lower runs first, where the schedule goes by priorities. */
  priority: number;
  /** No request of it is done before this step, unless nothing else is left. */
  frozenUntil: number;
  state: 'running' | 'ended' | 'dead';
  /** What it ended with. */
  error: unknown;
  readonly startedAt: number;
}

export type RequestFilter = (actor: Actor, name: string) => boolean;

/** One of them is held back in a schedule. */
const HELD: readonly RegExp[] = [
  /^PutObject runs\/….*\/raw\//,
  /^PutObject runs\/….*\/receipts\//,
  /^PutObject runs\/….*\/manifests\//,
  /^PutObject runs\/….*\/manifest\.json/,
  /^PutObject runs\/….*\/failures\//,
  /^PutObject runs\/…\/plan\.json/,
  /^(?:PutObject|CompleteMultipartUpload) rows\//,
  /^(?:PutObject|CompleteMultipartUpload) raw\//,
  /^DeleteObjects /,
  /^SendMessage/,
];

/** The SDK's `maxAttempts` of the programs. */
const SDK_ATTEMPTS = 5;
/** So often in a row one object's body comes damaged; the store reads as often at least. */
const DAMAGED_IN_A_ROW = 2;

/**
 * Runs actors in one thread, one request at a time, in an order that follows from the random generator. Between two
 * steps every actor has come to its next request, since nothing of them waits for a timer or for another thread.
 */
export class Scheduler {
  readonly actors: Actor[] = [];
  rates: FaultRates = NO_FAULTS;
  readonly #s3: MemoryS3;
  readonly #sqs: MemorySqs;
  readonly #random: ChaosRandom;
  readonly #trace: Trace;
  readonly #byPriority: boolean;
  /** Requests that are nearly always the last: so that everything else happens between a decision and its effect. */
  readonly #held: RegExp | null;
  readonly #pending: Request[] = [];
  /** Requests whose senders no longer wait for them. */
  readonly #late: Request[] = [];
  readonly #damaged = new Map<string, number>();
  /** The request whose effect happens now, for whoever watches changes. */
  current: { readonly actor: Actor; readonly name: string; readonly isLate: boolean } | null = null;
  steps = 0;
  /** Requests that are not done before the scenario lets them go. */
  isHeld: RequestFilter | null = null;
  /** Requests that the SDK sends again at once: the first one takes effect when `holdsLate` ends, or later. */
  isSentTwice: RequestFilter | null = null;
  holdsLate = false;

  constructor(s3: MemoryS3, sqs: MemorySqs, random: ChaosRandom, trace: Trace) {
    this.#s3 = s3;
    this.#sqs = sqs;
    this.#random = random;
    this.#trace = trace;
    this.#byPriority = random.chance(0.5);
    this.#held = random.chance(0.5) ? random.pick(HELD) : null;
  }

  /** Starts a program; `run` gets its actor, whose clients it must use. */
  start(name: string, run: (actor: Actor) => Promise<void>): Actor {
    const actor: Actor = {
      name,
      abort: new AbortController(),
      priority: this.#random.next(),
      frozenUntil: 0,
      state: 'running',
      error: null,
      startedAt: this.steps,
    };
    this.actors.push(actor);
    this.#trace.add(`${name} starts`);
    void run(actor)
      .catch((error: unknown) => {
        actor.error = error ?? new Error('nothing');
      })
      .finally(() => {
        if (actor.state !== 'running') return;
        actor.state = 'ended';
        if (actor.error !== null) this.#trace.hit(`command: ${codeOf(actor.error)}`);
        this.#trace.add(`${name} ends${actor.error === null ? '' : `: ${messageOf(actor.error).slice(0, 200)}`}`);
      });
    return actor;
  }

  get running(): Actor[] {
    return this.actors.filter(({ state }) => state === 'running');
  }

  /** Whether a request may be done now. */
  get hasWork(): boolean {
    if (this.#late.length > 0 && !this.holdsLate) return true;
    const { isHeld } = this;
    return isHeld === null ? this.#pending.length > 0 : this.#pending.some(({ actor, name }) => !isHeld(actor, name));
  }

  /** The programs that wait for a request that fits. */
  waitingFor(filter: RequestFilter): Set<Actor> {
    return new Set(this.#pending.filter(({ actor, name }) => filter(actor, name)).map(({ actor }) => actor));
  }

  /** What stands in for a client of the SDK, for one actor. */
  client(actor: Actor, service: Service): { send(command: ModelCommand, options?: unknown): Promise<object> } {
    const send = async (command: ModelCommand, options: { abortSignal?: AbortSignal } = {}): Promise<object> =>
      await new Promise((resolve, reject) => {
        // a process that was killed does nothing more
        if (actor.state === 'dead') return;
        const signal = options.abortSignal;
        if (signal?.aborted === true) return reject(abortError());
        const onAbort = (): void => this.#abandon(request);
        const done = (): void => signal?.removeEventListener('abort', onAbort);
        const request: Request = {
          actor,
          service,
          name: nameOf(command),
          command: asSent(command),
          resolve: (answer) => {
            done();
            resolve(answer);
          },
          reject: (error) => {
            done();
            reject(error);
          },
          attempts: 0,
          left: null,
          wasApplied: false,
        };
        this.#pending.push(request);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    return { send, middlewareStack: { add: () => {} }, destroy: () => {} } as never;
  }

  #abandon(request: Request): void {
    const at = this.#pending.indexOf(request);
    if (at < 0) return;
    this.#pending.splice(at, 1);
    this.#toLate(request);
    request.reject(abortError());
  }

  /** A request that was sent may still arrive, or not. */
  #toLate(request: Request): void {
    if (request.service === 'mirror' || !this.#random.chance(0.5)) return;
    if (isRead(request.name)) return;
    this.#pushLate(request, request.left);
  }

  #pushLate(request: Request, left: readonly string[] | null): void {
    this.#late.push({ ...request, left: left === null ? null : [...left], resolve: () => {}, reject: () => {} });
  }

  kill(actor: Actor): void {
    if (actor.state !== 'running') return;
    actor.state = 'dead';
    this.#trace.add(`${actor.name} is killed`);
    for (let at = this.#pending.length - 1; at >= 0; at -= 1) {
      const request = this.#pending[at];
      if (request?.actor !== actor) continue;
      this.#pending.splice(at, 1);
      this.#toLate(request);
    }
  }

  /** It stands still for a while, as a process does whose machine is busy. */
  freeze(actor: Actor): void {
    const steps = 20 + Math.floor(this.#random.next() * 130);
    actor.frozenUntil = this.steps + steps;
    this.#trace.add(`${actor.name} stands still for ${steps} steps`);
  }

  abortJob(actor: Actor, code: 'LEASE_LOST' | 'SERVICE_STOPPED'): void {
    if (actor.state !== 'running' || actor.abort.signal.aborted) return;
    this.#trace.add(`${actor.name}: ${code}`);
    actor.abort.abort(new FleetError(code, 'the model ends the job'));
  }

  /** Lets everybody come to the next request. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** One step of one request. */
  async step(): Promise<void> {
    this.steps += 1;
    const request = this.#choose();
    if (request !== null) this.#execute(request);
    await this.settle();
  }

  #choose(): Request | null {
    const random = this.#random;
    const isLateDue = this.#late.length > 0 && !this.holdsLate;
    if (isLateDue && (this.#pending.length === 0 || random.chance(0.05))) {
      const late = random.pick(this.#late);
      this.#late.splice(this.#late.indexOf(late), 1);
      return late;
    }
    const { isHeld } = this;
    const free = isHeld === null ? this.#pending : this.#pending.filter(({ actor, name }) => !isHeld(actor, name));
    if (free.length === 0) return null;
    const isNow = ({ actor, name }: Request): boolean =>
      actor.frozenUntil <= this.steps && this.#held?.test(name) !== true;
    const others = free.filter(isNow);
    const pending = others.length > 0 && random.chance(0.97) ? others : free;
    if (!this.#byPriority || random.chance(0.1)) return random.pick(pending);
    const lowest = pending.reduce((a, b) => (b.actor.priority < a.actor.priority ? b : a));
    // few changes of priority in a schedule, at any step: then the others run ahead of one that is in the middle
    if (random.chance(0.03)) lowest.actor.priority = 1 + random.next();
    return lowest;
  }

  #execute(request: Request): void {
    const { actor, name } = request;
    const isLate = !this.#pending.includes(request);
    const { rates } = this;
    const random = this.#random;
    if (!isLate && random.chance(rates.killed)) return this.kill(actor);
    if (!isLate && random.chance(rates.aborted)) {
      return this.abortJob(actor, random.chance(0.5) ? 'LEASE_LOST' : 'SERVICE_STOPPED');
    }
    if (random.chance(rates.frozen)) this.freeze(actor);
    if (isLate || request.service === 'mirror') return this.#answer(request, isLate);
    if (request.attempts === 0 && this.isSentTwice?.(actor, name) === true) {
      this.#pushLate(request, null);
      this.#trace.add(`${actor.name} ${name}: no answer, it is sent again`);
      return this.#sendAgain(request);
    }
    if (random.chance(rates.lostAnswer)) return this.#loseAnswer(request);
    if (random.chance(rates.late)) {
      if (!isRead(name)) this.#pushLate(request, null);
      this.#trace.add(`${actor.name} ${name}: no answer, it is sent again`);
      return this.#sendAgain(request);
    }
    if (random.chance(rates.failed)) return this.#fail(request);
    if (random.chance(rates.conflict) && isConditionalPut(request)) {
      this.#trace.add(`${actor.name} ${name}: 409`);
      return this.#end(request, () => request.reject(s3Error(409, 'ConditionalRequestConflict')));
    }
    return this.#answer(request, false);
  }

  #loseAnswer(request: Request): void {
    const outcome = this.#effect(request);
    if (outcome === 'not yet') return;
    this.#trace.add(`${request.actor.name} ${request.name}: ${describe(outcome)}, the answer is lost`);
    if (!('error' in outcome)) request.wasApplied = true;
    request.left = null;
    this.#sendAgain(request);
  }

  #sendAgain(request: Request): void {
    request.attempts += 1;
    if (request.attempts < SDK_ATTEMPTS) return;
    this.#end(request, () => request.reject(new ConnectionError('the connection broke')));
  }

  #fail(request: Request): void {
    const happens = this.#random.next();
    if (happens < 0.4) this.#effect(request);
    else if (happens < 0.7) this.#toLate(request);
    this.#trace.add(`${request.actor.name} ${request.name}: the SDK gives up`);
    this.#end(request, () => request.reject(new ConnectionError('the connection broke')));
  }

  #answer(request: Request, isLate: boolean): void {
    const outcome = this.#effect(request);
    if (outcome === 'not yet') {
      if (isLate) this.#late.push(request);
      return;
    }
    const text = `${request.actor.name} ${request.name}: ${describe(outcome)}`;
    this.#trace.add(isLate ? `late: ${text}` : text);
    if (!isLate) this.#trace.outcome(request, outcome);
    this.#end(request, () => {
      if ('error' in outcome) request.reject(outcome.error);
      else request.resolve(this.#damage(request, outcome.answer));
    });
  }

  #end(request: Request, settle: () => void): void {
    const at = this.#pending.indexOf(request);
    if (at >= 0) this.#pending.splice(at, 1);
    settle();
  }

  /** A batch of deletes takes several steps: S3 deletes its keys one by one. */
  #effect(request: Request): Outcome | 'not yet' {
    const { actor, name } = request;
    this.current = { actor, name, isLate: actor.state === 'dead' || !this.#pending.includes(request) };
    try {
      const command = this.#nextOf(request);
      if (request.service === 'mirror') return { answer: request.command.answer?.() ?? {} };
      const answer = request.service === 's3' ? this.#s3.apply(command) : this.#sqs.apply(command);
      if (request.left !== null && request.left.length > 0) return 'not yet';
      return { answer };
    } catch (error) {
      return { error };
    } finally {
      this.current = null;
    }
  }

  #nextOf(request: Request): ModelCommand {
    const { command } = request;
    if (command.constructor.name !== 'DeleteObjectsCommand') return command;
    const { Delete } = command.input as { Delete: { Objects: { Key: string }[] } };
    request.left ??= Delete.Objects.map(({ Key }) => Key);
    const count = this.#random.chance(0.7) ? request.left.length : 1 + Math.floor(this.#random.next() * 2);
    const Objects = request.left.splice(0, count).map((Key) => ({ Key }));
    return { constructor: { name: 'DeleteObjectsCommand' }, input: { Delete: { Objects } } };
  }

  /** Bodies of our JSON objects come damaged, cut or empty; those of other objects are cut only, as checksums see the rest. */
  #damage(request: Request, answer: object): object {
    const { Body } = answer as { Body?: unknown };
    if (!(Body instanceof MemoryBody)) return answer;
    const key = (request.command.input as { Key: string }).Key;
    const before = this.#damaged.get(`${request.actor.name} ${key}`) ?? 0;
    if (before >= DAMAGED_IN_A_ROW || !this.#random.chance(before > 0 ? 0.5 : this.rates.damaged)) {
      this.#damaged.delete(`${request.actor.name} ${key}`);
      return answer;
    }
    this.#damaged.set(`${request.actor.name} ${key}`, before + 1);
    const isOurs = key.endsWith('.json') && !('Range' in request.command.input);
    const kind = isOurs ? this.#random.pick(['cut', 'empty', 'garbled']) : 'cut';
    this.#trace.add(`  its body is ${kind}`);
    this.#trace.hit(`body ${kind}`);
    if (kind === 'cut') return { ...answer, Body: Body.cut() };
    const bytes = kind === 'empty' ? Buffer.alloc(0) : Buffer.from(`\u0000${Body.bytes.toString('latin1')}`);
    return { ...answer, Body: new MemoryBody(bytes), ContentLength: bytes.length };
  }
}

/** The command with the body of now: a sender uses its memory again once it has an answer, and an earlier try may arrive later. */
function asSent(command: ModelCommand): ModelCommand {
  const { Body } = command.input as { Body?: unknown };
  if (!(Body instanceof Uint8Array)) return command;
  const { name } = command.constructor;
  return { constructor: { name }, input: { ...command.input, Body: Buffer.from(Body) } };
}

export type Outcome = { readonly answer: object } | { readonly error: unknown };

function describe(outcome: Outcome): string {
  if ('error' in outcome) return outcome.error instanceof Error ? outcome.error.name : String(outcome.error);
  const { ETag, Contents } = outcome.answer as { ETag?: string; Contents?: { Key: string }[] };
  if (Contents !== undefined) return `[${Contents.map(({ Key }) => Key.split('/').slice(-2).join('/')).join(' ')}]`;
  return ETag === undefined ? 'ok' : `ok ${ETag.slice(1, 7)}`;
}

function abortError(): Error {
  const error = new Error('Request aborted');
  error.name = 'AbortError';
  return error;
}

function isRead(name: string): boolean {
  return /^(?:Get|Head|List)/.test(name);
}

function isConditionalPut({ command }: Request): boolean {
  const isPut = command.constructor.name === 'PutObjectCommand';
  return isPut && ('IfMatch' in command.input || 'IfNoneMatch' in command.input);
}

const RUN_SEGMENTS = /articles\/testwiki\/2026-10-01\/|kind=articles\/wiki_id=testwiki\/snapshot=2026-10-01\//g;

function nameOf({ constructor, input }: ModelCommand): string {
  const { Key, Prefix, QueueUrl, ReceiptHandle, Delete, IfMatch, IfNoneMatch } = input as Record<string, string> & {
    Delete?: { Objects: { Key: string }[] };
  };
  const verb = constructor.name.replace(/Command$/, '');
  const condition =
    IfNoneMatch === undefined
      ? IfMatch === undefined
        ? ''
        : ` if ${IfMatch.slice(1, 7)}`
      : ` unless ${IfNoneMatch.slice(0, 7)}`;
  const keys = Delete?.Objects.map((object) => object.Key).join(' ');
  const place = Key ?? Prefix ?? keys ?? ReceiptHandle ?? QueueUrl ?? '';
  return `${verb} ${place.replaceAll(RUN_SEGMENTS, '…/')}${condition}`;
}
