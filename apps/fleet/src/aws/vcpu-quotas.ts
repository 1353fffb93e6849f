import type { Service, TaskDefinition } from '@aws-sdk/client-ecs';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { clientConfig, explained } from './aws-calls.js';
import type { AwsPlace } from './aws-calls.js';

/** Virtual processors of all Fargate tasks of an account in a region: AWS counts on-demand and Spot apart. */
export const QUOTAS = {
  onDemand: { code: 'L-3032A538', name: 'Fargate On-Demand vCPU resource count' },
  spot: { code: 'L-36FBB829', name: 'Fargate Spot vCPU resource count' },
} as const;

export type Capacity = keyof typeof QUOTAS;
/** Virtual processors by capacity; null where AWS does not say. */
export type Vcpus = Readonly<Record<Capacity, number>>;
export type Quotas = Readonly<Record<Capacity, number | null>>;

export const NO_VCPUS: Vcpus = { onDemand: 0, spot: 0 };

export function addVcpus(a: Vcpus, b: Vcpus): Vcpus {
  return { onDemand: a.onDemand + b.onDemand, spot: a.spot + b.spot };
}

/** `4096` and `4 vCPU`, as task definitions have it, in virtual processors; 0 where it is not said. */
export function vcpusOf({ cpu = '' }: Pick<TaskDefinition, 'cpu'>): number {
  const match = /^(\d+(?:\.\d+)?)\s*(vcpu)?$/i.exec(cpu.trim());
  if (match === null) return 0;
  return match[2] === undefined ? Number(match[1]) / 1024 : Number(match[1]);
}

/** What `tasks` tasks of a service need: bases first, then by weights; a task that may be either counts for both. */
export function vcpusNeeded(tasks: number, vcpus: number, strategy?: Service['capacityProviderStrategy']): Vcpus {
  const items = strategy ?? [];
  // a launch type is no strategy: on demand
  if (items.length === 0) return { onDemand: tasks * vcpus, spot: 0 };
  const needed = { ...NO_VCPUS };
  const of = (name: string | undefined): Capacity => (name === 'FARGATE_SPOT' ? 'spot' : 'onDemand');
  let left = tasks;
  for (const { capacityProvider, base = 0 } of items) {
    const based = Math.min(left, base);
    needed[of(capacityProvider)] += based * vcpus;
    left -= based;
  }
  const weights = items.reduce((sum, { weight = 0 }) => sum + weight, 0);
  for (const { capacityProvider, weight = 0 } of items) {
    if (weights > 0) needed[of(capacityProvider)] += Math.ceil((left * weight) / weights) * vcpus;
  }
  return needed;
}

/** What is to be asked for, a line a quota that does not suffice; empty where all does, or nobody knows. */
export function askFor(needed: Vcpus, quotas: Quotas, region: string): string[] {
  return (['onDemand', 'spot'] as const).flatMap((capacity) => {
    const quota = quotas[capacity];
    const need = Math.ceil(needed[capacity]);
    if (quota === null || need <= quota) return [];
    const { code, name } = QUOTAS[capacity];
    return [
      `the quota ${code} (${name}) is ${quota}, and ${need} are needed. Ask for more: ` +
        `aws service-quotas request-service-quota-increase --region ${region} --service-code fargate ` +
        `--quota-code ${code} --desired-value ${need}`,
    ];
  });
}

/** Both quotas as this account has them in its region. */
export async function readQuotas(place: AwsPlace): Promise<Quotas> {
  const client = new ServiceQuotasClient(clientConfig(place));
  try {
    const [onDemand, spot] = await Promise.all([
      readQuota(client, QUOTAS.onDemand.code),
      readQuota(client, QUOTAS.spot.code),
    ]);
    return { onDemand, spot };
  } finally {
    client.destroy();
  }
}

async function readQuota(client: ServiceQuotasClient, code: string): Promise<number | null> {
  const naming = { ServiceCode: 'fargate', QuotaCode: code };
  // one that was never changed is not the account's own
  for (const command of [new GetServiceQuotaCommand(naming), new GetAWSDefaultServiceQuotaCommand(naming)]) {
    try {
      const answer = await client.send(command);
      if (answer.Quota?.Value !== undefined) return answer.Quota.Value;
    } catch (thrown) {
      const error = explained(`Service Quotas: ${code}`, thrown);
      if (error.code !== 'NOT_SPOKEN' && !(thrown instanceof NoSuchResourceException)) throw error;
    }
  }
  return null;
}
