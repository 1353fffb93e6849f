import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import { PROTECTION_TIMES, ProtectionSchedule } from '@wikifleet/scaling/protection-schedule';
import type { ProtectionChange, ProtectionTimes } from '@wikifleet/scaling/protection-schedule';
import type { Log } from './log.js';

export interface TaskProtectionOptions extends Partial<ProtectionTimes> {
  /** The longest that one call may take, in milliseconds; 2,000 by default. */
  readonly callMs?: number;
  /** Milliseconds of a clock that is never set back; `performance.now` by default. */
  readonly now?: () => number;
}

/** Whatever goes wrong, a task is not protected for longer than this after its last request. */
const EXPIRES_MINUTES = 15;
const MAX_ANSWER_BYTES = 16_384;
const CALL_MS = 2000;

/** Around each job: `enter` before its work, `leave` after. */
export interface Protection {
  readonly enter: () => Promise<void>;
  readonly leave: () => void;
  readonly close: () => Promise<void>;
}

/** Outside ECS. */
export const NO_PROTECTION: Protection = {
  enter: async () => await Promise.resolve(),
  leave: () => {},
  close: async () => await Promise.resolve(),
};

/**
 * ECS's protection of a task from being stopped by a scale-in or a deployment, requested at the agent's endpoint while jobs run, at the
 * times of `ProtectionSchedule`. Work does not depend on it: where a request fails (as with `DEPLOYMENT_BLOCKED`, when ECS waits to
 * stop a task) the work goes on, and a message is handed back when the task is stopped.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection implements Protection {
  readonly #url: string;
  readonly #log: Log;
  readonly #schedule: ProtectionSchedule;
  readonly #callMs: number;
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;
  /** Codes of failures that were logged; forgotten when a call succeeds. */
  readonly #logged = new Set<string>();
  /** Calls in their order, one at a time. */
  #calls: Promise<void> = Promise.resolve();
  #underWay = 0;
  #closed = false;

  constructor(agentUri: string, log: Log, options: TaskProtectionOptions = {}) {
    const { callMs = CALL_MS, now = (): number => performance.now(), ...times } = options;
    this.#url = `${agentUri.replace(/\/+$/, '')}/task-protection/v1/state`;
    this.#log = log;
    this.#schedule = new ProtectionSchedule({ ...PROTECTION_TIMES, ...times });
    this.#callMs = callMs;
    this.#now = now;
  }

  /** A job begins; waits for a request that is under way, a few seconds at most. Never throws. */
  async enter(): Promise<void> {
    this.#apply(this.#schedule.enter(this.#now()));
    await this.#calls;
  }

  /** A job ended. */
  leave(): void {
    this.#apply(this.#schedule.leave(this.#now()));
  }

  /** Gives the protection up; may be called twice. */
  async close(): Promise<void> {
    this.#apply(this.#schedule.close(this.#now()));
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#calls;
  }

  #apply(change: ProtectionChange | undefined): void {
    if (this.#closed) return;
    if (change !== undefined) this.#call(change === 'protect');
    clearTimeout(this.#timer);
    const next = this.#schedule.nextTick;
    if (next === Number.POSITIVE_INFINITY) return;
    // a timer may fire before its time by the other clock
    const wait = Math.max(1, Math.ceil(next - this.#now()));
    this.#timer = setTimeout(() => this.#tick(), wait);
  }

  #tick(): void {
    const renewal = this.#schedule.isProtected;
    const change = this.#schedule.tick(this.#now());
    // renewals that hang do not pile up
    this.#apply(renewal && change === 'protect' && this.#underWay > 0 ? undefined : change);
  }

  #call(enabled: boolean): void {
    this.#underWay += 1;
    this.#calls = this.#calls.then(async () => {
      try {
        await this.#put(enabled);
        this.#logged.clear();
        this.#log.debug({ event: enabled ? 'task_protected' : 'task_protection_released' });
      } catch (error) {
        const code = codeOf(error);
        if (code === 'DEPLOYMENT_BLOCKED') this.#schedule.refused(this.#now());
        if (this.#logged.has(code)) return;
        this.#logged.add(code);
        this.#log.warn({ event: 'task not protected', enabled, code }, messageOf(error));
      } finally {
        this.#underWay -= 1;
      }
    });
  }

  async #put(enabled: boolean): Promise<void> {
    const body = { ProtectionEnabled: enabled, ...(enabled ? { ExpiresInMinutes: EXPIRES_MINUTES } : {}) };
    const answer = await fetch(this.#url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(this.#callMs),
    });
    const said = parse(await textOf(answer));
    const problem = said.failure?.Reason ?? said.error?.Code;
    if (typeof problem === 'string') {
      const detail = said.failure?.Detail ?? said.error?.Message;
      const why = `${problem}: ${typeof detail === 'string' ? detail : 'no detail'}`;
      throw new FleetError(problem.slice(0, 100), `the ECS agent answered ${why}`.slice(0, 500));
    }
    if (answer.ok && said.protection?.ProtectionEnabled === enabled) return;
    throw new FleetError('AGENT_ANSWER', `the ECS agent's answer (${answer.status}) does not say ProtectionEnabled`);
  }
}

/** What the agent may say; every member is unproved. */
interface Answer {
  readonly protection?: { readonly ProtectionEnabled?: unknown } | null;
  readonly failure?: { readonly Reason?: unknown; readonly Detail?: unknown } | null;
  readonly error?: { readonly Code?: unknown; readonly Message?: unknown } | null;
}

function parse(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** The text of an answer, its beginning where it is too long: then it is no JSON either. */
async function textOf(answer: Response): Promise<string> {
  if (answer.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  // leaving the loop ends the connection
  for await (const chunk of answer.body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString('utf8');
}
