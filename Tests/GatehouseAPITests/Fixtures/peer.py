# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""What the package jsonschema of PyPI (Debian: python3-jsonschema) says of our schemas.

peer.py available            exits 0 where the package is there
peer.py instances FOLDER     checks the schemas of a folder as draft-07 and as draft 2020-12, makes instances, right and
                             wrong ones, and prints one a line with the violations that both drafts find
peer.py openrpc              checks an OpenRPC document on standard input; prints each fault
"""
import json
import os
import random
import re
import sys

try:
    import jsonschema
except ImportError:
    sys.exit(3)

DRAFTS = [jsonschema.Draft7Validator, jsonschema.Draft202012Validator]
# No whole number beyond 64 bits: to us those are no integers, since nothing of ours could hold them.
POOL = [
    None, True, False, 0, 1, -1, 1.0, 2.5, 10**15, -(10**15), 1e-300, "", "x", "clean", "é" * 70, [], {}, [1], ["x"], {"a": 1}
]
NAMES = ["zz", "fd", "a/b", "m~n", "Profile"]


def step(name):
    return "/" + str(name).replace("~", "~0").replace("/", "~1")


def faults(error):
    """One error of the package as pairs of place and rule, in our way of counting."""
    path = "".join(map(step, error.absolute_path))
    if error.validator == "required":
        return {(path + step(n), "required") for n in error.validator_value if n not in error.instance}
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        return {(path + step(n), "additionalProperties") for n in error.instance if n not in known}
    return {(path, error.validator or "false schema")}


def schemas(documents):
    """Every schema that stands for a whole value: file, JSON Pointer, schema, values to begin with."""
    for file, document in documents.items():
        for name, schema in document.get("$defs", {}).items():
            yield file, "/$defs/" + name, schema, []
        if file == "config.json":
            yield file, "", document, document["examples"]
        if "method" not in document:
            continue
        for part in ("params", "result"):
            yield file, "/" + part, document[part], [e[part] for e in document["examples"]]
        for name, note in document.get("notifications", {}).items():
            yield file, f"/notifications/{name}/params", note["params"], note.get("examples", [])


class Maker:
    def __init__(self, documents, seed):
        self.documents = documents
        self.random = random.Random(seed)

    def resolve(self, schema, file):
        while isinstance(schema, dict) and "$ref" in schema:
            target, pointer = schema["$ref"].split("#")
            file = target or file
            schema = self.documents[file]["$defs"][pointer.split("/")[-1]]
        return schema, file

    def make(self, schema, file, depth=0):
        """A value that mostly keeps a schema."""
        schema, file = self.resolve(schema, file)
        pick = self.random
        if not isinstance(schema, dict) or not schema or depth > 8 or pick.random() < 0.02:
            return pick.choice(POOL)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return pick.choice(schema["enum"])
        kind = schema.get("type", "object" if "properties" in schema else None)
        kind = pick.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            return self.object(schema, file, depth)
        if kind == "array":
            low, high = schema.get("minItems", 0), schema.get("maxItems", 4)
            count = pick.choice([low, low + 1, min(high, low + 3), high + 1 if high < 40 else low])
            return [self.make(schema.get("items", {}), file, depth + 1) for _ in range(count)]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", -5), schema.get("maximum", 10**6)
            return pick.choice([low, high, low + 1, high - 1, low - 1, high + 1] if pick.random() < 0.3 else [low + 1])
        if kind == "string":
            low, high = schema.get("minLength", 0), schema.get("maxLength", 12)
            return "s" * pick.choice([low, low + 1, min(high, 300), high + 1 if high < 300 else low, max(low - 1, 0)])
        return {"boolean": pick.random() < 0.5, "null": None}.get(kind, pick.choice(POOL))

    def object(self, schema, file, depth):
        pick = self.random
        required = set(schema.get("required", []))
        if "oneOf" in schema:
            required |= set(pick.choice(schema["oneOf"]).get("required", []))
        value = {}
        for name, member in schema.get("properties", {}).items():
            if name in required and pick.random() < 0.97 or name not in required and pick.random() < 0.3:
                value[name] = self.make(member, file, depth + 1)
        if isinstance(schema.get("additionalProperties"), dict):
            value["extra"] = self.make(schema["additionalProperties"], file, depth + 1)
        return value

    def damage(self, value):
        """The value with one thing in it changed."""
        pick = self.random
        if isinstance(value, (dict, list)) and value and pick.random() < 0.75:
            key = pick.choice(list(value) if isinstance(value, dict) else range(len(value)))
            return self.replaced(value, key, self.damage(value[key]))
        if isinstance(value, dict) and pick.random() < 0.7:
            if value and pick.random() < 0.5:
                gone = pick.choice(list(value))
                return {n: v for n, v in value.items() if n != gone}
            return {**value, pick.choice(NAMES): pick.choice(POOL)}
        if isinstance(value, list) and value and pick.random() < 0.7:
            return value + value[:1] * pick.choice([1, 20]) if pick.random() < 0.5 else value[1:]
        return pick.choice(POOL)

    @staticmethod
    def replaced(value, key, child):
        copy = value.copy()
        copy[key] = child
        return copy


def instances(folder):
    documents = {n: json.load(open(os.path.join(folder, n), encoding="utf-8")) for n in sorted(os.listdir(folder))}
    maker = Maker(documents, 4)
    for file, pointer, schema, begin in schemas(documents):
        validators = []
        for draft in DRAFTS:
            draft.check_schema(schema)
            resolver = jsonschema.RefResolver(file, documents[file], store=dict(documents))
            validators.append(draft(schema, resolver=resolver))
        values = begin + [maker.make(schema, file) for _ in range(40)]
        values += [maker.damage(pick) for pick in maker.random.choices(values, k=40)]
        for value in values:
            found = [set().union(*map(faults, v.iter_errors(value))) for v in validators]
            if found[0] != found[1]:
                sys.exit(f"{file}#{pointer}: the drafts differ on {json.dumps(value)}: {found}")
            line = {"file": file, "pointer": pointer, "instance": value, "faults": sorted(found[0])}
            print(json.dumps(line))


# The OpenRPC specification 1.3.2, section "OpenRPC Schema Object": the fixed fields of each object, those that are
# required, and their types. Whatever begins with x- is an extension.
ANY = {}
TEXT = {"type": "string"}
NAME = {"type": "string", "minLength": 1}


def fixed(needed, /, extensible=True, **fields):
    rule = {"type": "object", "properties": fields, "required": needed, "additionalProperties": False}
    if extensible:
        rule["patternProperties"] = {"^x-": ANY}
    return rule


def to(name):
    return {"$ref": "#/definitions/" + name}


def either(name):
    return {"oneOf": [to(name), to("reference")]}


def listed(rule):
    return {"type": "array", "items": rule}


def named(rule):
    return {"type": "object", "patternProperties": {"^[a-zA-Z0-9._-]+$": rule}, "additionalProperties": False}


SCHEMA = {"$ref": "http://json-schema.org/draft-07/schema#"}
OPENRPC = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    **fixed(
        ["openrpc", "info", "methods"], openrpc={"enum": ["1.3.2", "1.3.1", "1.3.0"]}, info=to("info"), methods=listed(to("method")),
        servers=listed(to("server")), components=to("components"), externalDocs=to("docs"),
    ),
    "definitions": {
        "info": fixed(["title", "version"], title=TEXT, version=TEXT, description=TEXT, termsOfService=TEXT, contact=fixed([], name=TEXT, url=TEXT, email=TEXT), license=fixed([], name=TEXT, url=TEXT)),
        "server": fixed(["url"], url=TEXT, name=TEXT, summary=TEXT, description=TEXT, variables={"type": "object"}),
        "docs": fixed(["url"], url=TEXT, description=TEXT),
        "reference": fixed(["$ref"], extensible=False, **{"$ref": TEXT}),
        "method": fixed(
            ["name", "params", "result"], name=NAME, summary=TEXT, description=TEXT, deprecated={"type": "boolean"},
            paramStructure={"enum": ["by-name", "by-position", "either"]}, params=listed(either("descriptor")),
            result=either("descriptor"), errors=listed(either("error")), examples=listed(either("pairing")),
            tags=listed(either("tag")), links={"type": "array"}, servers=listed(to("server")), externalDocs=to("docs"),
        ),
        "descriptor": fixed(["name", "schema"], name=NAME, summary=TEXT, description=TEXT, required={"type": "boolean"}, deprecated={"type": "boolean"}, schema=SCHEMA),
        "error": fixed(["code", "message"], extensible=False, code={"type": "integer"}, message=TEXT, data=ANY),
        "tag": fixed(["name"], extensible=False, name=NAME, description=TEXT, externalDocs=to("docs")),
        "example": fixed(["name", "value"], name=NAME, summary=TEXT, description=TEXT, value=ANY),
        "pairing": fixed(["name", "params", "result"], name=NAME, summary=TEXT, description=TEXT, params=listed(either("example")), result=either("example")),
        "components": fixed(
            [], schemas=named(SCHEMA), errors=named(to("error")), contentDescriptors=named(to("descriptor")),
            examples=named(to("example")), examplePairings=named(to("pairing")), tags=named(to("tag")), links={"type": "object"},
        ),
    },
}


def openrpc(document):
    for error in jsonschema.Draft7Validator(OPENRPC).iter_errors(document):
        yield f"{error.json_path}: {error.message[:300]}"
    names = [method["name"] for method in document["methods"]]
    if len(set(names)) != len(names):
        yield "a method's name stands twice"
    for method in document["methods"]:
        params = [param["name"] for param in method["params"]]
        if len(set(params)) != len(params):
            yield f"{method['name']}: a param's name stands twice"
        # The examples keep the schemas that the document itself gives, references resolved within it.
        resolver = jsonschema.RefResolver("", document)
        parts = {param["name"]: param["schema"] for param in method["params"]}
        for example in method["examples"]:
            pairs = [(parts[e["name"]], e["value"]) for e in example["params"]]
            for schema, value in pairs + [(method["result"]["schema"], example["result"]["value"])]:
                for error in jsonschema.Draft7Validator(schema, resolver=resolver).iter_errors(value):
                    yield f"{method['name']}: {error.message[:300]}"


if __name__ == "__main__":
    if sys.argv[1] == "instances":
        instances(sys.argv[2])
    elif sys.argv[1] == "openrpc":
        print("\n".join(openrpc(json.load(sys.stdin))))
