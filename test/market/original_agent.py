"""An agent of the original fleet: raw Avro without a header on Kafka, the first version of the schemas, its rules and nothing of ours.

    original_agent.py requester BROKER AGENT_ID DESCRIPTION COST|none
    original_agent.py provider BROKER AGENT_ID
    original_agent.py executor BROKER AGENT_ID

Prints a line of JSON, ``[topic, message]``, for each message that it sends, and each that it understands of others. The requester ends with its task, the
others when standard input ends.
"""

import io
import json
import sys
import threading
import time
import uuid

import fastavro
from confluent_kafka import Consumer, Producer

OPTIONAL_DOUBLE = {"type": ["null", "double"], "default": None}
OPTIONAL_TEXT = {"type": ["null", "string"], "default": None}
STATUSES = ["PENDING", "ACCEPTED", "REJECTED", "NEGOTIATING", "RUNNING", "COMPLETED", "FAILED"]
STATUS = {"type": "enum", "name": "TaskStatus", "symbols": STATUSES}


def record(name, *fields):
    fields = [{"name": key, **(kind if isinstance(kind, dict) and "default" in kind else {"type": kind})} for key, kind in fields]
    return fastavro.parse_schema({"type": "record", "name": name, "fields": fields})


SCHEMAS = {
    "task-requests": record(
        "TaskRequest",
        ("task_id", "string"),
        ("requester_id", "string"),
        ("description", "string"),
        ("proposed_cost", OPTIONAL_DOUBLE),
        ("priority", {"type": "int", "default": 1}),
        ("timestamp", "long"),
    ),
    "task-responses": record(
        "TaskResponse",
        ("task_id", "string"),
        ("responder_id", "string"),
        ("status", STATUS),
        ("counter_offer", OPTIONAL_DOUBLE),
        ("message", OPTIONAL_TEXT),
        ("timestamp", "long"),
    ),
    "negotiations": record(
        "NegotiationMessage",
        ("task_id", "string"),
        ("sender_id", "string"),
        ("receiver_id", "string"),
        ("negotiation_round", "int"),
        ("offer", OPTIONAL_DOUBLE),
        ("approved", "boolean"),
        ("message", OPTIONAL_TEXT),
        ("timestamp", "long"),
    ),
}


class Agent:
    topics = ()

    def __init__(self, broker, agent_id):
        self.agent_id = agent_id
        self.ended = False
        self.producer = Producer({"bootstrap.servers": broker, "linger.ms": 0})
        self.consumer = Consumer(
            {"bootstrap.servers": broker, "group.id": f"{agent_id}-group", "auto.offset.reset": "earliest"}
        )
        self.consumer.subscribe(list(self.topics))

    def send(self, topic, **message):
        message["timestamp"] = int(time.time() * 1000)
        out = io.BytesIO()
        fastavro.schemaless_writer(out, SCHEMAS[topic], message)
        self.producer.produce(topic, value=out.getvalue(), key=message["task_id"].encode())
        self.producer.flush(10)
        tell(topic, message)

    def respond(self, task_id, status, counter_offer=None, message=None):
        said = {"status": status, "counter_offer": counter_offer, "message": message}
        self.send("task-responses", task_id=task_id, responder_id=self.agent_id, **said)

    def negotiate(self, task_id, receiver_id, offer, approved, number):
        who = {"sender_id": self.agent_id, "receiver_id": receiver_id, "negotiation_round": number}
        self.send("negotiations", task_id=task_id, **who, offer=offer, approved=approved, message=None)

    def run(self):
        while not self.ended:
            found = self.consumer.poll(0.1)
            if found is None or found.error():
                continue
            message = fastavro.schemaless_reader(io.BytesIO(found.value()), SCHEMAS[found.topic()])
            if self.agent_id not in (message.get("sender_id"), message.get("responder_id")):
                tell(found.topic(), message)
            try:
                self.handle(found.topic(), message)
            except Exception as error:  # As the original has it: it is logged, and nobody answers.
                print(f"{type(error).__name__}: {error}", file=sys.stderr)
        self.consumer.close()


class Requester(Agent):
    topics = ("task-responses", "negotiations")

    def ask(self, description, cost):
        self.task_id = str(uuid.uuid4())
        asked = {"description": description, "proposed_cost": cost, "priority": 1}
        self.send("task-requests", task_id=self.task_id, requester_id=self.agent_id, **asked)

    def handle(self, topic, message):
        if message["task_id"] != self.task_id:
            return
        if topic == "task-responses":
            self.ended = message["status"] in ("COMPLETED", "FAILED", "REJECTED")
        elif message["receiver_id"] == self.agent_id:
            offer = message["offer"]
            approved = bool(offer) and offer <= 100
            counter = offer if approved else offer * 0.8 if offer else 50.0
            self.negotiate(self.task_id, message["sender_id"], counter, approved, 1)


class Provider(Agent):
    topics = ("task-requests", "negotiations")
    capabilities = ("data_processing", "analysis", "reporting")
    max_cost = 150.0

    def handle(self, topic, message):
        if topic == "task-requests":
            self.bid(message)
        elif message["receiver_id"] == self.agent_id:
            self.answer(message["task_id"], message)

    def bid(self, request):
        task_id, cost = request["task_id"], request["proposed_cost"]
        if any(name.replace("_", " ") in request["description"].lower() for name in self.capabilities):
            self.respond(task_id, "ACCEPTED")
        elif cost < self.max_cost:
            offer = min(cost * 1.2, self.max_cost)
            self.respond(task_id, "NEGOTIATING", offer or None)
            self.negotiate(task_id, request["requester_id"], offer, False, 1)
        else:
            self.respond(task_id, "REJECTED", message="Cost too high")

    def answer(self, task_id, said):
        if said["approved"]:
            self.respond(task_id, "ACCEPTED", said["offer"], f"Task accepted at ${said['offer']}")
        else:
            approved = bool(said["offer"]) and said["offer"] >= 30
            self.negotiate(task_id, said["sender_id"], said["offer"] if approved else None, approved, 2)


class Executor(Agent):
    topics = ("task-responses",)

    def __init__(self, *args):
        super().__init__(*args)
        self.seen = set()

    def handle(self, topic, message):
        task_id = message["task_id"]
        if message["status"] != "ACCEPTED" or task_id in self.seen:
            return
        self.seen.add(task_id)
        self.respond(task_id, "RUNNING", message="Task running")
        self.respond(task_id, "COMPLETED", message=f"Task {task_id} completed successfully by {self.agent_id}")


def tell(topic, message):
    print(json.dumps([topic, message]), flush=True)


def main(role, broker, agent_id, *rest):
    agent = {"requester": Requester, "provider": Provider, "executor": Executor}[role](broker, agent_id)
    if role == "requester":
        description, cost = rest
        agent.ask(description, None if cost == "none" else float(cost))
    threading.Thread(target=lambda: (sys.stdin.read(), setattr(agent, "ended", True)), daemon=True).start()
    agent.run()


main(*sys.argv[1:])
