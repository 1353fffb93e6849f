import { FleetError, codeOf, messageOf } from '@wikifleet/domain/errors';
import type { Log } from './log.js';

/** Times in milliseconds. */
export interface TaskProtectionOptions {
  /** Protection is asked for anew so often while jobs run; 300,000 by default. */
  readonly renewMs?: number;
  /** Without a job for so long the task is idle; 1,000 by default. */
  readonly idleMs?: number;
  /** So long it is kept at most from job to job; 600,000 by default. */
  readonly keepMs?: number;
  /** The longest that one call may take; 2,000 by default. */
  readonly callMs?: number;
  /** Milliseconds of a clock that is never set back; `performance.now` by default. */
  readonly now?: () => number;
}

/** Whatever goes wrong, a task is not protected for longer than this after its last word. */
const EXPIRES_MINUTES = 15;
const MAX_ANSWER_BYTES = 16_384;
const DEFAULTS = {
  renewMs: 300_000,
  idleMs: 1000,
  keepMs: 600_000,
  callMs: 2000,
  now: (): number => performance.now(),
};

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
 * ECS's protection of a task from being stopped by a scale-in or a deployment, asked for at the agent's endpoint. It is
 * on while jobs run, and let go when the task is idle and between two jobs at least every `keepMs`, so that a deployment
 * gets through. It is a courtesy: where it fails (as with `DEPLOYMENT_BLOCKED`, when a deployment waits) the work goes
 * on without, and a message is handed back when the task is stopped.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
 */
export class TaskProtection implements Protection {
  readonly #url: string;
  readonly #log: Log;
  readonly #times: typeof DEFAULTS;
  readonly #timers: { renew?: NodeJS.Timeout | undefined; idle?: NodeJS.Timeout | undefined } = {};
  /** Codes of failures that were said; forgotten when a call succeeds. */
  readonly #said = new Set<string>();
  /** Calls in their order, one at a time. */
  #calls: Promise<void> = Promise.resolve();
  #underWay = 0;
  #jobs = 0;
  /** Since when protection is asked for; null where it is let go. */
  #since: number | null = null;
  #closed = false;

  constructor(agentUri: string, log: Log, options: TaskProtectionOptions = {}) {
    this.#url = `${agentUri.replace(/\/+$/, '')}/task-protection/v1/state`;
    this.#log = log;
    this.#times = { ...DEFAULTS, ...options };
  }

  /** A job begins; waits for the protection where it is not there yet, a few seconds at most. Never throws. */
  async enter(): Promise<void> {
    this.#jobs += 1;
    clearTimeout(this.#timers.idle);
    if (this.#since === null) this.#protect();
    await this.#calls;
  }

  /** A job ended. */
  leave(): void {
    this.#jobs -= 1;
    if (this.#since === null || this.#closed) return;
    const due = this.#times.now() - this.#since >= this.#times.keepMs;
    if (due) this.#letGo();
    if (this.#jobs > 0 && due) this.#protect();
    else if (this.#jobs === 0 && !due) this.#timers.idle = setTimeout(() => this.#letGo(), this.#times.idleMs);
  }

  /** Lets go; may be called twice. */
  async close(): Promise<void> {
    if (this.#since !== null) this.#letGo();
    this.#closed = true;
    await this.#calls;
  }

  #protect(): void {
    if (this.#closed) return;
    this.#since = this.#times.now();
    this.#call(true);
    this.#timers.renew = setInterval(() => {
      // calls that hang do not pile up
      if (this.#underWay === 0) this.#call(true);
    }, this.#times.renewMs);
  }

  #letGo(): void {
    this.#since = null;
    clearInterval(this.#timers.renew);
    clearTimeout(this.#timers.idle);
    this.#call(false);
  }

  #call(enabled: boolean): void {
    this.#underWay += 1;
    this.#calls = this.#calls.then(async () => {
      try {
        await this.#put(enabled);
        this.#said.clear();
        this.#log.debug({ event: enabled ? 'task protected' : 'task protection let go' });
      } catch (error) {
        const code = codeOf(error);
        if (this.#said.has(code)) return;
        this.#said.add(code);
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
      signal: AbortSignal.timeout(this.#times.callMs),
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
