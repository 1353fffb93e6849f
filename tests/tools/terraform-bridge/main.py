"""Applies to moto's server what a stand-in for Terraform's AWS provider plans.

usage: python main.py PORT MOTO_ENDPOINT

The stand-in posts {"type", "prior", "planned"} to http://127.0.0.1:PORT/ for each resource that is created (prior is
null), updated, or destroyed (planned is null), and receives {"attrs": {...}} or {"error": "..."}. GET / answers with
what was called and what botocore's models do not allow. What this cannot show: how AWS answers. Two checks that AWS
makes and no model describes are in resources.py.
"""
import collections
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from aws_calls import AwsCalls
from resources import RESOURCES

aws = AwsCalls(sys.argv[2])
applied = {action: collections.Counter() for action in ("create", "update", "destroy")}


class Values(dict):
    """A resource's attributes; one that is absent is null."""

    def __missing__(self, name):
        return None


def apply(request):
    kind, prior, planned = request["type"], request["prior"], request["planned"]
    resource = RESOURCES.get(kind)
    if resource is None:
        raise LookupError(f"{kind}: expected a resource type of resources.py")
    action = "create" if prior is None else "destroy" if planned is None else "update"
    applied[action][kind] += 1
    if action == "create":
        return resource.create(aws, planned)
    if action == "destroy":
        return resource.destroy(aws, prior)
    return resource.update(aws, prior, planned)


class Bridge(BaseHTTPRequestHandler):
    def log_message(self, *_arguments):
        pass

    def do_GET(self):
        self._answer({**aws.report(), "applied": applied})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])), object_hook=Values)
        try:
            answer = {"attrs": apply(request) or {}}
        except Exception as error:  # Terraform prints it beside the resource
            answer = {"error": f"{type(error).__name__}: {error}"}
            aws.problem(f"{request['type']}: {answer['error']}")
        self._answer(answer)

    def _answer(self, value):
        body = json.dumps(value, default=str).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(sys.argv[1])), Bridge).serve_forever()
