"""AWS calls to moto's server, each compared with botocore's models first."""
import collections

import boto3
from botocore.config import Config

from request_checks import RequestChecker

REGION = "us-east-1"
ACCOUNT = "123456789012"


class AwsCalls:
    """Makes calls at `endpoint`, and keeps what was called and what the models do not allow."""

    def __init__(self, endpoint):
        self._endpoint = endpoint
        self._clients = {}
        self._checker = RequestChecker()
        self.counts = collections.Counter()
        # Every call with its parameters, in order
        self.requests = []
        # Calls that break a model or that moto refuses
        self.problems = []
        # Calls that moto does not have: nothing is known of them but that the models allow them
        self.missing = []

    def client(self, service):
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self._endpoint,
                region_name=REGION,
                aws_access_key_id="terraform",
                aws_secret_access_key="terraform",
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]

    def __call__(self, service, operation, /, **parameters):
        """Returns AWS's answer; an empty one where moto lacks the operation. Raises what botocore raises."""
        client = self.client(service)
        name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(name).input_shape
        if shape is not None:
            self.problems += self._checker.problems(shape, parameters, f"{service}.{name}")
        self.counts[f"{service}.{name}"] += 1
        self.requests.append({"call": f"{service}.{name}", "parameters": parameters})
        try:
            return getattr(client, operation)(**parameters)
        except client.exceptions.ClientError as error:
            # moto's server answers so to what it lacks, and so it does where it breaks: tests name what they expect here
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 501):
                self.missing.append(f"{service}.{name}")
                return {}
            self.problems.append(f"{service}.{name}: {error}")
            raise

    def problem(self, text):
        """Something that AWS refuses and that no model says."""
        self.problems.append(text)

    def report(self):
        return {
            "calls": sum(self.counts.values()),
            "values": self._checker.values,
            "unreadablePatterns": sorted(self._checker.unreadable_patterns),
            "counts": dict(sorted(self.counts.items())),
            "requests": self.requests,
            "problems": self.problems,
            "missing": sorted(set(self.missing)),
        }
