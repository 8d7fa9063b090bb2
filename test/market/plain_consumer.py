"""A consumer that knows Kafka, Confluent's wire format and the address of a registry, and nothing else: prints each record of a key."""

import json
import sys
import time

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

broker, registry, key, *topics = sys.argv[1:]
deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
consumer = Consumer({"bootstrap.servers": broker, "group.id": f"plain-{key}", "auto.offset.reset": "earliest"})
consumer.subscribe(topics)
found = []
quiet_since = time.monotonic()
while time.monotonic() - quiet_since < (3 if found else 30):
    message = consumer.poll(0.2)
    if message is None or message.error() or (message.key() or b"").decode() != key:
        continue
    quiet_since = time.monotonic()
    value = deserialize(message.value(), SerializationContext(message.topic(), MessageField.VALUE))
    headers = {name: text.decode() for name, text in message.headers() or []}
    found.append({"topic": message.topic(), "value": value, "headers": headers})
consumer.close()
print(json.dumps(found))
