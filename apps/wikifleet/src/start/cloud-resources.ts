import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';

export const BUCKET = 'wikifleet';

const DAY = 86_400;
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/** The queues of a fleet, as docker/init and Terraform make them too. */
const QUEUES = [
  { name: 'wikifleet-download', retentionDays: 10 },
  { name: 'wikifleet-convert', retentionDays: 10 },
] as const;

/** Makes bucket, queues and dead-letter queues at an endpoint; what is there already stays. */
export async function createResources(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const sqs = new SQSClient({ endpoint, region: REGION, credentials, useQueueUrlAsEndpoint: false });
  const s3 = new S3Client({ endpoint, region: REGION, credentials, forcePathStyle: true });
  try {
    await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch((error: unknown) => {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    });
    for (const { name, retentionDays } of QUEUES) {
      const deadLetter = `${name}-dead-letter`;
      await sqs.send(
        new CreateQueueCommand({ QueueName: deadLetter, Attributes: { MessageRetentionPeriod: String(14 * DAY) } }),
      );
      const deadLetterTargetArn = `arn:aws:sqs:${REGION}:${ACCOUNT}:${deadLetter}`;
      await sqs.send(
        new CreateQueueCommand({
          QueueName: name,
          Attributes: {
            VisibilityTimeout: '120',
            MessageRetentionPeriod: String(retentionDays * DAY),
            RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 20 }),
          },
        }),
      );
    }
  } finally {
    sqs.destroy();
    s3.destroy();
  }
}
