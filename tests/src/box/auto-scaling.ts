import type { MotoClient } from './moto-client.js';

interface Target {
  readonly ResourceId: string;
  readonly MinCapacity: number;
  readonly MaxCapacity: number;
  readonly SuspendedState?: {
    readonly DynamicScalingInSuspended?: boolean;
    readonly DynamicScalingOutSuspended?: boolean;
  };
}

interface Step {
  readonly MetricIntervalLowerBound?: number;
  readonly MetricIntervalUpperBound?: number;
  readonly ScalingAdjustment: number;
}

interface Policy {
  readonly PolicyARN: string;
  readonly PolicyName: string;
  readonly ResourceId: string;
  readonly StepScalingPolicyConfiguration: {
    readonly AdjustmentType: string;
    readonly StepAdjustments: readonly Step[];
  };
}

/** A change of a desired count. */
export interface ScalingActivity {
  /** Seconds of the box's clock. */
  readonly at: number;
  readonly resourceId: string;
  readonly policy: string;
  readonly from: number;
  readonly to: number;
}

/** Application Auto Scaling, which moto keeps the settings of but does not run: step policies, bounds and suspensions. */
export class AutoScaling {
  readonly activities: ScalingActivity[] = [];
  readonly #moto: MotoClient;
  readonly #cluster: string;

  constructor(moto: MotoClient, cluster: string) {
    this.#moto = moto;
    this.#cluster = cluster;
  }

  /** An alarm calls a policy; `delta` is its value minus its threshold. */
  async act(policyArn: string, delta: number, now: number): Promise<void> {
    const { ScalingPolicies: policies } = await this.#moto.json<{ ScalingPolicies: Policy[] }>(
      'application-autoscaling',
      'DescribeScalingPolicies',
      { ServiceNamespace: 'ecs' },
    );
    const policy = policies.find(({ PolicyARN }) => PolicyARN === policyArn);
    if (policy === undefined) throw new Error(`no scaling policy ${policyArn}`);
    const target = (await this.#targets()).find(({ ResourceId }) => ResourceId === policy.ResourceId);
    if (target === undefined) return;
    const { AdjustmentType: kind, StepAdjustments: steps } = policy.StepScalingPolicyConfiguration;
    if (kind !== 'ExactCapacity') throw new Error(`${policy.PolicyName}: ${kind} is not known here`);
    const step = steps.find(
      ({ MetricIntervalLowerBound: lower = -Infinity, MetricIntervalUpperBound: upper = Infinity }) =>
        delta >= lower && delta < upper,
    );
    if (step === undefined) return;
    const wanted = Math.min(target.MaxCapacity, Math.max(target.MinCapacity, step.ScalingAdjustment));
    const before = await this.#desired(policy.ResourceId);
    const { DynamicScalingInSuspended: noIn = false, DynamicScalingOutSuspended: noOut = false } =
      target.SuspendedState ?? {};
    if (wanted === before || (wanted > before && noOut) || (wanted < before && noIn)) return;
    await this.#set(policy.ResourceId, wanted, policy.PolicyName, before, now);
  }

  /** `RegisterScalableTarget` moves a desired count into the bounds. */
  async keepBounds(now: number): Promise<void> {
    for (const { ResourceId, MinCapacity, MaxCapacity } of await this.#targets()) {
      const before = await this.#desired(ResourceId);
      const wanted = Math.min(MaxCapacity, Math.max(MinCapacity, before));
      if (wanted !== before) await this.#set(ResourceId, wanted, 'bounds', before, now);
    }
  }

  async #targets(): Promise<Target[]> {
    const answer = await this.#moto.json<{ ScalableTargets: Target[] }>(
      'application-autoscaling',
      'DescribeScalableTargets',
      { ServiceNamespace: 'ecs' },
    );
    return answer.ScalableTargets;
  }

  async #desired(resourceId: string): Promise<number> {
    const answer = await this.#moto.json<{ services: { desiredCount: number }[] }>('ecs', 'DescribeServices', {
      cluster: this.#cluster,
      services: [nameOf(resourceId)],
    });
    return answer.services[0]?.desiredCount ?? 0;
  }

  async #set(resourceId: string, to: number, policy: string, from: number, now: number): Promise<void> {
    const service = nameOf(resourceId);
    await this.#moto.json('ecs', 'UpdateService', { cluster: this.#cluster, service, desiredCount: to });
    this.activities.push({ at: now, resourceId, policy, from, to });
  }
}

function nameOf(resourceId: string): string {
  return resourceId.slice(resourceId.lastIndexOf('/') + 1);
}
