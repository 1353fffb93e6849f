/** JSON protocols by the name that moto's server routes by: AWS's target prefix, and the version of the protocol. */
const JSON_SERVICES = {
  ecs: ['AmazonEC2ContainerServiceV20141113', '1.1'],
  sqs: ['AmazonSQS', '1.0'],
  monitoring: ['GraniteServiceVersion20100801', '1.0'],
  'application-autoscaling': ['AnyScaleFrontendService', '1.1'],
} as const;

export type JsonService = keyof typeof JSON_SERVICES;
export type Json = Readonly<Record<string, unknown>>;

/** Calls moto's server as AWS itself: without permissions, and without the SDK's retries. */
export class MotoClient {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  /** Throws AWS's error code and message. */
  async json<T = Json>(service: JsonService, operation: string, parameters: Json): Promise<T> {
    const [prefix, version] = JSON_SERVICES[service];
    const answer = await fetch(`${this.#endpoint}/`, {
      method: 'POST',
      headers: {
        'content-type': `application/x-amz-json-${version}`,
        'x-amz-target': `${prefix}.${operation}`,
        authorization: authorizationOf(service),
      },
      body: JSON.stringify(parameters),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${service}.${operation}: HTTP ${answer.status} ${text.slice(0, 300)}`);
    return (text === '' ? {} : JSON.parse(text)) as T;
  }

  /** A document of IAM: the policy of a role, or whom the role trusts. */
  async iam(action: string, parameters: Readonly<Record<string, string>>): Promise<string> {
    const answer = await fetch(`${this.#endpoint}/`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: authorizationOf('iam') },
      body: new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString(),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`iam.${action}: HTTP ${answer.status} ${text.slice(0, 300)}`);
    return text;
  }

  /** The text of an object; null where it is not there. */
  async object(bucket: string, key: string): Promise<string | null> {
    const headers = { authorization: authorizationOf('s3') };
    const answer = await fetch(`${this.#endpoint}/${bucket}/${key}`, { headers });
    const text = await answer.text();
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`s3.GetObject: HTTP ${answer.status} ${text.slice(0, 300)}`);
    return text;
  }

  /** Deletes the policy of a bucket. */
  async deleteBucketPolicy(bucket: string): Promise<void> {
    const headers = { authorization: authorizationOf('s3') };
    const answer = await fetch(`${this.#endpoint}/${bucket}?policy`, { method: 'DELETE', headers });
    if (!answer.ok) throw new Error(`s3.DeleteBucketPolicy: HTTP ${answer.status}`);
  }

  /** A schedule of EventBridge Scheduler. */
  async schedule(name: string): Promise<Json> {
    const headers = { authorization: authorizationOf('scheduler') };
    const answer = await fetch(`${this.#endpoint}/schedules/${encodeURIComponent(name)}`, { headers });
    if (!answer.ok) throw new Error(`scheduler.GetSchedule: HTTP ${answer.status}`);
    return (await answer.json()) as Json;
  }
}

/** moto reads the service of its scope, and checks no signature. */
function authorizationOf(service: string): string {
  const scope = `AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/${service}/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
}
