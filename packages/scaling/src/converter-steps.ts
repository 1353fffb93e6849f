import { UsageError } from '@wikifleet/domain/errors';

/** How many converters a backlog wants is a matter of these three. */
export interface ScalingRule {
  /** Converters at most; a whole number from 1. */
  readonly max: number;
  /** Seconds in which a backlog should be worked off, as long as `max` allows. */
  readonly drainSeconds: number;
  /** Seconds that one converter takes for one split. */
  readonly secondsPerSplit: number;
}

/** One step of the scaling policy: `capacity` converters from a backlog of `from` messages (inclusive, whole) on. */
export interface ConverterStep {
  readonly capacity: number;
  readonly from: number;
}

/** Application Auto Scaling takes no more steps in a policy. */
export const MAX_STEPS = 20;

/**
 * The steps of the converters' scaling policy, in ascending order: at most 20, quadratic in their number, so that small
 * backlogs are met closely. A capacity is one of `ceil(max * (i / 20)^2)`, i = 1..20, and serves backlogs up to
 * `capacity * drainSeconds / secondsPerSplit`; the last serves all above. A capacity that serves no whole backlog of its
 * own is left out. The alarm counts whole messages and AWS takes lower bounds as inclusive, hence the floor.
 * terraform/ has the same formula for the same three figures; a test holds the two together.
 */
export function converterSteps(rule: ScalingRule): ConverterStep[] {
  check(rule);
  const { max, drainSeconds, secondsPerSplit } = rule;
  const steps: ConverterStep[] = [];
  let from = 1;
  for (let i = 1; i <= MAX_STEPS; i += 1) {
    // i * i / 400 of whole numbers: (i / 20) ** 2 is off by a rounding, which `ceil` turns into a whole converter
    const capacity = Math.ceil((max * i * i) / MAX_STEPS ** 2);
    const next = Math.floor((capacity * drainSeconds) / secondsPerSplit) + 1;
    // the last serves what no capacity drains in time; equal capacities are one
    const last = i === MAX_STEPS && capacity !== steps.at(-1)?.capacity;
    if (next > from || last) {
      steps.push({ capacity, from });
      from = next;
    }
  }
  return steps;
}

/** How many converters `backlog` messages want: none below one message, else the capacity of the last step reached. */
export function desiredConverters(backlog: number, rule: ScalingRule): number {
  return capacityFor(backlog, converterSteps(rule));
}

/** As `desiredConverters`, where the steps are there already. */
export function capacityFor(backlog: number, steps: readonly ConverterStep[]): number {
  return steps.findLast(({ from }) => backlog >= from)?.capacity ?? 0;
}

function check({ max, drainSeconds, secondsPerSplit }: ScalingRule): void {
  const problems: string[] = [];
  if (!Number.isInteger(max) || max < 1 || max > 100_000) {
    problems.push(`max: expected a whole number from 1 to 100000, received ${max}`);
  }
  for (const [name, value] of Object.entries({ drainSeconds, secondsPerSplit })) {
    if (!(value > 0 && value <= 1_000_000)) problems.push(`${name}: expected seconds up to 1000000, received ${value}`);
  }
  if (problems.length > 0) throw new UsageError('SCALING_RULE_REFUSED', problems.join('; '));
}
