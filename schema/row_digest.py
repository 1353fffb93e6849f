"""Whether a reader read what was written: the count of rows, and one SHA-256 over all of them."""

import hashlib
import json


def digest(rows):
    """Of rows as dictionaries, in the order of (wiki_id, revision_id): their count and the SHA-256 of each row as JSON
    with sorted keys, no spaces and non-ASCII unescaped, followed by a newline. Where a reader's type names the roles of
    slots, the roles that a row has not are None, and left out."""
    count, sha256 = 0, hashlib.sha256()
    for row in rows:
        slots = {role: slot for role, slot in dict(row["revision_content_slots"]).items() if slot is not None}
        row = {**row, "revision_content_slots": slots}
        line = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        sha256.update(line.encode() + b"\n")
        count += 1
    return count, sha256.hexdigest()
