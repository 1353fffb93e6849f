/**
 * What the fleet's design assumes of AWS, in seconds, where nothing was measured on an account. The simulation of the closed loop, the
 * estimate (apps/fleet/data/assumptions.json) and docs/operating.md use these figures, and tests hold them together.
 */
export const AWS_ASSUMPTIONS = {
  /** The period of the scaling alarms (terraform/modules/service). */
  periodSeconds: 60,
  /** From the end of a period to the action of its alarm. */
  evaluationSeconds: 10,
  /** From a desired count to a running program on Fargate: the soonest and the latest. */
  taskStartSeconds: [60, 90],
  /** From a first message to a first running task: a period, its evaluation, ECS and the start of a task. */
  awakeSeconds: 180,
  /** From the last job to no task: three periods without a message, and what comes before and after them. */
  asleepSeconds: 330,
} as const;
