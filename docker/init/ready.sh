#!/usr/bin/env bash
# Makes what the fleet needs on LocalStack: one bucket, two queues and their dead-letter queues. Run again, it brings
# what is there to the settings below. Inside the LocalStack container it stands in /etc/localstack/init/ready.d/ and
# uses `awslocal`; with AWS_ENDPOINT_URL set it uses the AWS command line (v1 or v2) against that address.
set -euo pipefail

export AWS_ACCESS_KEY_ID="${AWS_ACCESS_KEY_ID:-test}" AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-test}"
export AWS_DEFAULT_REGION="${AWS_REGION:-${AWS_DEFAULT_REGION:-us-east-1}}" AWS_PAGER=''

bucket='wikifleet'
visibility=120           # seconds; a lease extends it every 30
max_receives=20          # so that kills and Spot interruptions do not use it up
retention=864000         # seconds: 10 days
dead_retention=1209600   # seconds: 14 days, the most SQS allows

aws() {
  if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"
  else
    awslocal "$@"
  fi
}

# make_bucket: us-east-1 knows no location constraint, every other region wants one.
make_bucket() {
  local where=()
  [ "$AWS_DEFAULT_REGION" = us-east-1 ] ||
    where=(--create-bucket-configuration "LocationConstraint=$AWS_DEFAULT_REGION")
  aws s3api head-bucket --bucket "$bucket" > /dev/null 2>&1 ||
    aws s3api create-bucket --bucket "$bucket" ${where[@]+"${where[@]}"} > /dev/null
}

# make_queue NAME ATTRIBUTES: prints the queue's URL. One that is there with other settings refuses to be made again.
make_queue() {
  local url
  if ! url=$(aws sqs create-queue --queue-name "$1" --attributes "$2" --output text --query QueueUrl 2> /dev/null); then
    url=$(aws sqs get-queue-url --queue-name "$1" --output text --query QueueUrl)
    aws sqs set-queue-attributes --queue-url "$url" --attributes "$2"
  fi
  printf '%s\n' "$url"
}

# make_pair NAME: the queue and where its dead letters go.
make_pair() {
  local url arn
  url=$(make_queue "$1-dead-letter" "{\"MessageRetentionPeriod\":\"$dead_retention\"}")
  arn=$(aws sqs get-queue-attributes --queue-url "$url" --attribute-names QueueArn --output text --query Attributes.QueueArn)
  make_queue "$1" "{
    \"VisibilityTimeout\": \"$visibility\",
    \"MessageRetentionPeriod\": \"$retention\",
    \"RedrivePolicy\": \"{\\\"deadLetterTargetArn\\\":\\\"$arn\\\",\\\"maxReceiveCount\\\":\\\"$max_receives\\\"}\"
  }" > /dev/null
}

# Side by side, because each call of the AWS command line takes most of a second to start.
make_bucket & bucket_job=$!
make_pair wikifleet-download & download_job=$!
make_pair wikifleet-convert & convert_job=$!
failed=0
wait "$bucket_job" || failed=1
wait "$download_job" || failed=1
wait "$convert_job" || failed=1
[ "$failed" = 0 ] || { echo 'wikifleet: the bucket or the queues could not be made' >&2; exit 1; }
echo 'wikifleet: bucket and queues are ready'
