import type { ChaosRandom } from './chaos-random.js';
import type { FaultName } from './chaos-tally.js';

/** How one request to the cloud goes wrong. */
export interface RequestFault {
  readonly name: FaultName;
  readonly kind:
    /** 503 in place of the answer; nothing is done. */
    | 'refuse'
    /** The connection breaks; nothing is done. */
    | 'reset'
    /** It is done, and nobody hears of it. */
    | 'lose-answer'
    /** Half of the answer comes. */
    | 'cut-answer'
    /** Half of the request goes on. */
    | 'cut-request'
    /** It is said to be done, and done later. */
    | 'late'
    /** It is done later, also where its sender is dead by then. */
    | 'delay'
    /** Its body is replaced by other bytes of the same length, with status 200. */
    | 'garble';
}

interface Rule extends RequestFault {
  /** SQS's actions, or HTTP's methods for S3. */
  readonly of: RegExp;
  /** Only for paths like this; default: all. */
  readonly path?: RegExp;
  readonly probability: number;
}

const SQS: readonly Rule[] = [
  { name: 'request_delayed', kind: 'delay', of: /^(?!ReceiveMessage)/, probability: 0.02 },
  { name: 'acknowledgement late', kind: 'late', of: /^DeleteMessage$/, probability: 0.06 },
  { name: 'acknowledgement lost', kind: 'reset', of: /^DeleteMessage$/, probability: 0.04 },
  { name: 'SQS unavailable', kind: 'refuse', of: /./, probability: 0.03 },
  { name: 'SQS answer lost', kind: 'lose-answer', of: /^(?!ReceiveMessage)/, probability: 0.03 },
  // a message nobody has stays hidden as long as a lease
  { name: 'SQS answer lost', kind: 'lose-answer', of: /^ReceiveMessage$/, probability: 0.01 },
];

const S3: readonly Rule[] = [
  { name: 'request_delayed', kind: 'delay', of: /./, probability: 0.015 },
  { name: 'answer_garbled', kind: 'garble', of: /^GET$/, path: /\.json$/, probability: 0.02 },
  { name: 'S3 503', kind: 'refuse', of: /./, probability: 0.03 },
  { name: 'S3 connection reset', kind: 'reset', of: /./, probability: 0.01 },
  { name: 'S3 answer lost', kind: 'lose-answer', of: /^(?:PUT|POST|DELETE)$/, probability: 0.04 },
  { name: 'S3 answer cut', kind: 'cut-answer', of: /^GET$/, probability: 0.03 },
  { name: 'S3 request cut', kind: 'cut-request', of: /^(?:PUT|POST)$/, probability: 0.03 },
];

/** What goes wrong with a request, if anything; `action` is SQS's, null for S3. */
export function pickFault(
  action: string | null,
  method: string,
  path: string,
  random: ChaosRandom,
): RequestFault | null {
  for (const rule of action === null ? S3 : SQS) {
    if (!rule.of.test(action ?? method) || rule.path?.test(path) === false) continue;
    if (random.chance(rule.probability)) return rule;
  }
  return null;
}
