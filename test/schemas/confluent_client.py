"""Confluent's own client against a registry: registers, evolves, is refused, encodes for us and decodes what we wrote."""

import json
import sys

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.schema_registry.error import SchemaRegistryError
from confluent_kafka.serialization import MessageField, SerializationContext

url, token, ours = sys.argv[1:4]
client = SchemaRegistryClient({"url": url, "basic.auth.user.info": f"operator:{token}"})


def job(*fields):
    return Schema(json.dumps({"type": "record", "name": "Job", "fields": list(fields)}), "AVRO")


identity = {"name": "id", "type": "string"}
note = {"name": "note", "type": "string", "default": "none"}
first = client.register_schema("python-value", job(identity))
second = client.register_schema("python-value", job(identity, note))
client.set_compatibility("python-value", "FULL")
refused = {}
for name, act in {
    "incompatible": lambda: client.register_schema("python-value", job({"name": "n", "type": "int"})),
    "invalid": lambda: client.register_schema("python-value", Schema('{"type":"recor"}', "AVRO")),
    "no subject": lambda: client.get_latest_version("nowhere"),
    "no version": lambda: client.get_version("python-value", 77),
}.items():
    try:
        act()
        refused[name] = None
    except SchemaRegistryError as error:
        refused[name] = [error.http_status_code, error.error_code]

latest = client.get_latest_version("python-value")
context = SerializationContext("python", MessageField.VALUE)
serialize = AvroSerializer(client, job(identity, note).schema_str, conf={"auto.register.schemas": False})
answer = {
    "ids": [first, second],
    "again": client.register_schema("python-value", job(identity)),
    "versions": client.get_versions("python-value"),
    "latest": [latest.version, latest.schema_id],
    "looked_up": client.lookup_schema("python-value", job(identity)).version,
    "fits": client.test_compatibility("python-value", job(identity)),
    "does_not_fit": client.test_compatibility("python-value", job({"name": "n", "type": "int"})),
    "level": client.get_compatibility("python-value"),
    "refused": refused,
    "theirs": serialize({"id": "j-1", "note": "é"}, context).hex(),
    "ours": AvroDeserializer(client)(bytes.fromhex(ours), context),
    "deleted": client.delete_subject("python-value"),
}
print(json.dumps(answer))
