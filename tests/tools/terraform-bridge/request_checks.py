"""Compares the parameters of an AWS call with botocore's model of its request.

botocore validates types and required members only. The models also name patterns, enumerations, lengths and ranges,
which AWS enforces and moto does not.
"""
import re

# Java's character classes, which Python's `re` does not have.
JAVA_CLASSES = {
    r"\uD800\uDC00-\uDBFF\uDFFF": "",
    r"\p{Print}": r"[\x20-\x7e]",
    r"\p{IsL}": "A-Za-z",
    r"\p{L}": "A-Za-zÀ-ÿ",
    r"\p{Z}": " ",
    r"\p{N}": "0-9",
    r"\p{M}": "",
    r"\p{S}": "",
    "(?i)": "",
}


class RequestChecker:
    """Counts the values it checked, and the patterns that Python cannot read: those are not checked."""

    def __init__(self):
        self.values = 0
        self.unreadable_patterns = set()

    def problems(self, shape, value, path):
        """What the model does not allow, a line each; `path` names the call and the member."""
        self.values += 1
        check = getattr(self, f"_{shape.type_name}", None)
        return [] if check is None else check(shape, value, path)

    def _structure(self, shape, value, path):
        if not isinstance(value, dict):
            return [f"{path}: expected a structure, received {value!r}"]
        found = [f"{path}: {name} is required" for name in shape.required_members if name not in value]
        for name, member in value.items():
            if name in shape.members:
                found += self.problems(shape.members[name], member, f"{path}.{name}")
            else:
                found.append(f"{path}: {name} is unknown")
        return found

    def _list(self, shape, value, path):
        found = out_of_range(shape, len(value), f"{path}: expected {{}} items, received {len(value)}")
        for index, item in enumerate(value):
            found += self.problems(shape.member, item, f"{path}[{index}]")
        return found

    def _map(self, shape, value, path):
        found = []
        for key, item in value.items():
            found += self.problems(shape.key, key, f"{path}.key")
            found += self.problems(shape.value, item, f"{path}.{key}")
        return found

    def _string(self, shape, value, path):
        if not isinstance(value, str):
            return [f"{path}: expected a string, received {value!r}"]
        found = out_of_range(shape, len(value), f"{path}: expected {{}} characters, received {len(value)}")
        if shape.enum and value not in shape.enum:
            found.append(f"{path}: expected one of {', '.join(shape.enum)}, received {value!r}")
        pattern = shape.metadata.get("pattern")
        if pattern is not None and not self._matches(pattern, value):
            found.append(f"{path}: {value!r} does not match {pattern}")
        return found

    def _number(self, shape, value, path):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return [f"{path}: expected a number, received {value!r}"]
        return out_of_range(shape, value, f"{path}: expected {{}}, received {value}")

    _integer = _long = _float = _double = _number

    def _boolean(self, _shape, value, path):
        return [] if isinstance(value, bool) else [f"{path}: expected true or false, received {value!r}"]

    def _matches(self, pattern, value):
        for java, python in JAVA_CLASSES.items():
            pattern = pattern.replace(java, python)
        try:
            return re.search(f"^(?:{pattern})$", value, re.DOTALL) is not None
        except re.error:
            self.unreadable_patterns.add(pattern)
            return True


def out_of_range(shape, size, message):
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if (low is None or size >= low) and (high is None or size <= high):
        return []
    return [message.format(f"{'any' if low is None else low} to {'any' if high is None else high}")]
