#!/usr/bin/env bash
# Makes mistakes in copies of this folder, one in each, and shows that the checks name each of them.
# usage: bash terraform/tests/mistakes.sh [NAME ...]      all of them by default
# WIKIFLEET_JOBS at a time, 4 by default. With WIKIFLEET_TERRAFORM_CHECK, a program that is called with a folder and
# Terraform's arguments; without it, `terraform init` fetches the provider and Terraform runs by itself.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
temporary=$(mktemp -d "${TMPDIR:-/tmp}/wikifleet-mistakes-XXXXXX")
trap 'rm -rf "$temporary"' EXIT
jobs=${WIKIFLEET_JOBS:-4} count=0
only=("$@")

terraform_in() {
  local folder=$1
  shift
  if [ -n "${WIKIFLEET_TERRAFORM_CHECK:-}" ]; then
    "$WIKIFLEET_TERRAFORM_CHECK" "$folder" "$@"
  else
    (cd "$folder" && terraform init -backend=false -input=false > /dev/null && terraform "$@")
  fi
}

# try NAME FILE SED CHECK EXPECTED COPY: the words of `mistake`, made in the folder COPY.
try() {
  local name=$1 file=$2 edit=$3 check=$4 expected=$5 copy=$6 said
  cp -r "$root" "$copy"
  rm -rf "$copy/.terraform"
  sed -i -E "$edit" "$copy/$file"
  if cmp -s "$root/$file" "$copy/$file"; then
    echo "MISSED  $name: $edit changes nothing in $file"
    return
  fi
  if [ "$check" = validate ]; then
    said=$(terraform_in "$copy" validate -no-color 2>&1)
  else
    said=$(terraform_in "$copy" test -no-color -filter="tests/$check.tftest.hcl" 2>&1)
  fi
  local status=$?
  # messages are wrapped where they are printed
  if [ "$status" -ne 0 ] && tr -s '\n ' ' ' <<< "$said" | grep -qF -- "$expected"; then
    echo "caught  $name: $expected"
  else
    echo "MISSED  $name: expected a failure that says \"$expected\"; received exit code $status"
    tail -n 20 <<< "$said"
  fi
  rm -rf "$copy"
}

# mistake NAME FILE SED CHECK EXPECTED: CHECK is `validate`, or the test file that must fail; EXPECTED is part of what it says.
mistake() {
  if [ ${#only[@]} -gt 0 ] && [[ " ${only[*]} " != *" $1 "* ]]; then return; fi
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  count=$((count + 1))
  try "$@" "$temporary/$1" > "$temporary/$1.log" &
}

mistake typo modules/service/main.tf 's/^  desired_count /  desired_cuont /' validate \
  'An argument named "desired_cuont" is not expected here'
mistake missing-argument main.tf '/cluster_name +=/d' validate \
  'The argument "cluster_name" is required'
mistake wide-open-action policies/converter.json.tftpl 's/"Action": "s3:GetObject"/"Action": "s3:*"/' permissions \
  'Expected that each action is named'
mistake wide-open-resource policies/downloader.json.tftpl 's#"Resource": "\$\{bucket\}/raw/\*"#"Resource": "*"#' permissions \
  'Expected that each resource is named'
mistake every-namespace policies/seed.json.tftpl '/"Condition":/d; s/"Resource": "\*",/"Resource": "*"/' permissions \
  "Expected metrics in the fleet's namespace only"
mistake another-fleets-queues main.tf 's#\$\{local.sqs\}:\$\{var.name\}-convert"#${local.sqs}:*"#' permissions \
  "Expected the fleet's own bucket, queues"
mistake a-role-for-everybody modules/task/main.tf 's/Principal = \{ Service = "ecs-tasks.amazonaws.com" \}/Principal = { AWS = "*" }/' permissions \
  'Expected roles that only ECS of this account takes'
mistake doubled-deployment modules/service/main.tf 's/(deployment_maximum_percent += )100/\1200/' services \
  'Deployment: expected at most 100 % and at least 0 %'
mistake zone-rebalancing modules/service/main.tf 's/(availability_zone_rebalancing = )"DISABLED"/\1"ENABLED"/' services \
  'Expected no rebalancing of zones'
mistake no-circuit-breaker modules/service/main.tf 's/rollback = true/rollback = false/' services \
  'Expected the circuit breaker, with rollback'
mistake launch-type modules/service/main.tf 's/^  desired_count .*/&\n  launch_type = "FARGATE"/' services \
  'Expected no launch type beside a capacity provider strategy'
mistake another-architecture variables.tf 's/= "ARM64"$/= "X86_64"/' services \
  'Expected ARM64 on Fargate'
mistake slow-to-let-go main.tf 's/downloader = 10, /downloader = 120, /' services \
  'stopTimeout: expected 10 for the downloader'
mistake writable-root modules/task/main.tf 's/(readonlyRootFilesystem = )true/\1false/' services \
  'Expected a read-only root'
mistake wide-egress main.tf 's/from = 1024, to = 65535/from = 1, to = 65535/' services \
  'Egress: expected 443, and for the downloader 21 and 1024 to 65535'
mistake log-mode modules/task/main.tf '/mode += "non-blocking"/d' services \
  'Logs: expected awslogs with mode and size'
mistake misspelt-variable main.tf 's/WIKIFLEET_DOWNLOAD_SLOTS/WIKIFLEET_DOWNLOAD_SLOT/' services \
  'Environment: not what tests/environment.json says'
mistake short-visibility main.tf 's/(visibility_seconds = )120/\160/' root \
  'Expected 120 to 900 seconds: a lease takes 120'
mistake short-visibility-allowed modules/queue/variables.tf 's/visibility_timeout_seconds >= 120/visibility_timeout_seconds >= 30/' queues \
  'run "a_visibility_shorter_than_the_lease"... fail'
mistake redrive-from-any-queue modules/queue/main.tf 's/"byQueue"/"allowAll"/' queues \
  'Redrive allow policy: expected byQueue'
mistake no-encryption modules/queue/main.tf 's/\? true : null/? false : null/' queues \
  'Expected SSE on both queues'
mistake public-bucket modules/storage/main.tf 's/(block_public_policy += )true/\1false/' storage \
  'Public access: expected all four blocks'
mistake plain-http modules/storage/main.tf 's/"aws:SecureTransport" = "false"/"aws:SecureTransport" = "true"/' storage \
  'which denies everything without TLS'
mistake rows-expire modules/storage/main.tf 's#prefix = "raw/"#prefix = "rows/"#' storage \
  'Expected that raw objects expire'
mistake too-small-subnets modules/network/variables.tf 's/local.addresses >= var.tasks/local.addresses + 1000 >= var.tasks/' network \
  'run "more_tasks_than_addresses"... fail'
mistake too-many-downloaders variables.tf 's#<= connections$#<= 32 * connections#' services \
  'run "more_downloaders_than_a_mirror_takes"... fail'
mistake twenty-one-steps modules/steps/main.tf 's#range\(1, 21\)#range(1, 22)#; s#/ 400\)#/ 441)#' scaling \
  'maximum 400, 20 s a split'
mistake twenty-one-steps-allowed modules/service/variables.tf 's/length\(var.steps\) <= 20/length(var.steps) <= 21/' scaling \
  'run "more_steps_than_a_policy_takes"... fail'
mistake a-gap-between-steps modules/service/main.tf 's/(metric_interval_upper_bound = step_adjustment.*from - local.threshold)/\1 - 1/' scaling \
  'leave a gap, or lie over each other'
mistake fill modules/service/main.tf 's/\(outstanding \+ sqs/(FILL(outstanding, 0) + sqs/' scaling \
  'and no FILL'
mistake ignoring-in-flight modules/service/main.tf 's/"visible \+ in_flight"/"visible"/' scaling \
  'Expected one expression in every scaling alarm'
mistake missing-data-stops modules/service/main.tf 's/(treat_missing_data += )"ignore"/\1"breaching"/' scaling \
  'In: expected below 1 in 3 of 3, missing data ignored'
mistake odd-period modules/service/main.tf 's/(period += )60/\145/' scaling \
  'by one dimension, every 60 seconds'
mistake never-at-zero modules/service/main.tf 's/scaling_adjustment          = 0/scaling_adjustment          = 1/' scaling \
  'In: expected exactly 0'
mistake deaf-dead-letters modules/observability/main.tf 's/QueueName = each.value.dead_letter/QueueName = each.value.queue/' observability \
  'Expected an alarm for the first dead letter of each queue'

mistake a-column-twice modules/query/main.tf 's/local.table.columns/concat(local.table.columns, local.table.partition_keys)/' query \
  'Columns: expected those of table.json, and none that is a partition too'
mistake another-path modules/query/main.tf 's#\$\{local.rows\}\$\{local.table.partition_path\}#${local.rows}#' query \
  'Partitions: expected kind, wiki_id and snapshot, projected'
mistake unbounded-queries modules/query/main.tf 's/(enforce_workgroup_configuration += )true/\1false/' query \
  'Workgroup: expected that its own bounds hold'
mistake queries-of-all-objects modules/query/main.tf 's#bucket_arn\}/rows/\*"#bucket_arn}/*"#' query \
  'Expected that who queries reads rows and results alone'
mistake results-that-stay main.tf 's/(query_results_expiry_days = ).*/\10/' query \
  'Expected that results of queries go after a week'

wait
if [ "$count" -eq 0 ]; then
  echo "no mistake is called ${only[*]}"
  exit 2
fi
cat "$temporary"/*.log
caught=$(cat "$temporary"/*.log | grep -c '^caught  ')
printf '\n%d mistakes caught, %d missed\n' "$caught" $((count - caught))
[ "$caught" -eq "$count" ]
