import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { ROOT } from '../end-to-end/programs.js';
import { s3Calls } from '../tools/terraform-recorder.js';
import type { Json } from './moto-client.js';
import type { Access } from './policies.js';

/** terraform/iam-actions.json: what each call needs, on what. */
interface Need {
  readonly on: string;
  readonly actions: readonly string[];
}

/** One call to AWS as it arrived: `S3.PutObject`, its resource as an ARN, and its parameters where they are JSON. */
export interface AwsCall {
  readonly name: string;
  readonly target: string;
  readonly parameters: Json;
}

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';
/** Prefixes of `x-amz-target`, by the name of the service in iam-actions.json. */
const TARGETS: Readonly<Record<string, string>> = {
  AmazonSQS: 'SQS',
  GraniteServiceVersion20100801: 'CloudWatch',
  AmazonEC2ContainerServiceV20141113: 'ECS',
  AnyScaleFrontendService: 'ApplicationAutoScaling',
  ServiceQuotasV20190624: 'ServiceQuotas',
};

/** The access key of a request: it says who calls. */
export function accessKeyOf(headers: IncomingHttpHeaders): string {
  return /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** What a request asks for; several deletions are a call each. */
export function callsOf(method: string, url: URL, headers: IncomingHttpHeaders, body: string): AwsCall[] {
  const [, prefix = '', operation = ''] = /^(\w+)\.(\w+)$/.exec(String(headers['x-amz-target'] ?? '')) ?? [];
  const service = TARGETS[prefix];
  if (service === undefined) {
    const [, bucket = ''] = url.pathname.split('/');
    return s3Calls(method, url, body).map(({ name, target }) => ({
      name,
      target: `arn:aws:s3:::${bucket}${target === '' ? '' : `/${target}`}`,
      parameters: {},
    }));
  }
  const parameters = JSON.parse(body === '' ? '{}' : body) as Json;
  const name = `${service}.${operation}`;
  return resourcesOf(name, parameters).map((target) => ({ name, target, parameters }));
}

function resourcesOf(name: string, parameters: Json): string[] {
  const text = (key: string): string => (typeof parameters[key] === 'string' ? parameters[key] : '');
  const arn = (service: string, path: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${path}`;
  const cluster = text('cluster').split('/').at(-1) ?? '';
  const [service, operation] = name.split('.');
  if (service === 'SQS') {
    // a move of messages names its queues by ARN
    if (text('SourceArn') !== '') return [text('SourceArn'), text('DestinationArn')].filter((queue) => queue !== '');
    return [arn('sqs', text('QueueUrl').slice(text('QueueUrl').lastIndexOf('/') + 1))];
  }
  if (service === 'ApplicationAutoScaling') return [arn('application-autoscaling', 'scalable-target/0123')];
  if (service !== 'ECS') return ['*'];
  switch (operation) {
    case 'DescribeServices':
      return (parameters['services'] as string[]).map((named) => arn('ecs', `service/${cluster}/${named}`));
    case 'UpdateService':
      return [arn('ecs', `service/${cluster}/${text('service')}`)];
    case 'RunTask':
      return [text('taskDefinition')];
    case 'DescribeTasks':
      return parameters['tasks'] as string[];
    case 'StopTask':
      return [text('task')];
    default:
      return ['*'];
  }
}

/** What a call needs of whoever makes it. */
export class CallNeeds {
  readonly #needs: Readonly<Record<string, Need>>;

  private constructor(needs: Readonly<Record<string, Need>>) {
    this.#needs = needs;
  }

  static async read(): Promise<CallNeeds> {
    const map = await readFile(join(ROOT, 'terraform/iam-actions.json'), 'utf8');
    return new CallNeeds((JSON.parse(map) as { calls: Record<string, Need> }).calls);
  }

  /** Throws for a call that is not in terraform/iam-actions.json. */
  of({ name, target, parameters }: AwsCall): Access[] {
    const need = this.#needs[name];
    if (need === undefined) throw new Error(`${name}: not in terraform/iam-actions.json`);
    const context = contextOf(name, parameters);
    return need.actions.map((action) => ({ action, resource: need.on === 'none' ? '*' : target, context }));
  }
}

/** Keys of conditions that the fleet's policies compare. */
function contextOf(name: string, parameters: Json): Record<string, string> {
  const { Namespace, cluster } = parameters as { Namespace?: unknown; cluster?: unknown };
  if (name === 'CloudWatch.PutMetricData') return { 'cloudwatch:namespace': String(Namespace) };
  if (name.startsWith('ECS.') && typeof cluster === 'string') {
    const clusterName = cluster.split('/').at(-1) ?? '';
    return { 'ecs:cluster': `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/${clusterName}` };
  }
  return {};
}
