"""A Redis agent as the message format describes it, with nothing but Redis' own commands.

Usage: redis_agent.py URL ID TYPE LEDGER [seconds between heartbeats]
Each description that it works on is one line of the file LEDGER.
"""

import json
import sys
import threading
import time
import uuid
from dataclasses import asdict, dataclass, field
from datetime import datetime

import redis

CAPABILITIES = {
    "opus": ["coordination", "task_breakdown", "management"],
    "sonnet": ["implementation", "coding", "analysis"],
    "subagent": ["specialized_task", "focused_work"],
}


@dataclass
class TaskMessage:
    """Has these fields and no others: a message with one more cannot be read."""

    id: str
    type: str
    from_agent: str
    to_agent: str
    timestamp: str
    payload: dict = field(default_factory=dict)
    retry_count: int = 0


url, agent_id, agent_type, ledger = sys.argv[1:5]
heartbeat_seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 30


def connect():
    return redis.Redis.from_url(url, decode_responses=True)


def beat():
    client = connect()
    while True:
        try:
            client.hset(
                f"agent:{agent_id}",
                mapping={
                    "id": agent_id,
                    "type": agent_type,
                    "capabilities": json.dumps(CAPABILITIES.get(agent_type, [agent_type])),
                    "status": "active",
                    "last_heartbeat": datetime.now().isoformat(),
                },
            )
        except redis.RedisError:
            pass
        time.sleep(heartbeat_seconds)


def work(message):
    description = message.payload.get("description", "")
    with open(ledger, "a", encoding="utf-8") as file:
        file.write(description + "\n")
    command, _, rest = description.partition(" ")
    if command == "sleep":
        time.sleep(float(rest))
    if command == "fail":
        raise RuntimeError(rest)
    if command == "sum":
        return sum(float(number) for number in rest.split())
    return f"{agent_id} did: {description}"


def send(client, to_agent, payload):
    answer = TaskMessage(
        id=str(uuid.uuid4()),
        type="task_result",
        from_agent=agent_id,
        to_agent=to_agent,
        timestamp=datetime.now().isoformat(),
        payload=payload,
    )
    while True:
        try:
            client.lpush(f"queue:{to_agent}", json.dumps(asdict(answer)))
            return
        except redis.ConnectionError:
            time.sleep(0.1)


def answer(client, message):
    """Subagents answer who is called their parent, and do not say which task they answer."""
    try:
        outcome = {"status": "completed", "result": work(message)}
    except RuntimeError as error:
        outcome = {"status": "failed", "error": str(error)}
    now = datetime.now().isoformat()
    if agent_type == "subagent":
        description = message.payload.get("description", "")
        said = {"status": outcome["status"], "description": description, "timestamp": time.time()}
        if "result" in outcome:
            said["output"] = outcome["result"]
        else:
            said["error"] = outcome["error"]
        return send(client, message.payload.get("parent", ""), said)
    task_id = message.payload.get("task_id", message.id)
    ids = {"task_id": message.id, "original_task_id": task_id}
    send(client, message.from_agent, {**ids, **outcome, "processed_by": agent_id, "timestamp": now})


def main():
    client = connect()
    threading.Thread(target=beat, daemon=True).start()
    print("ready", flush=True)
    while True:
        try:
            taken = client.brpop(f"queue:{agent_id}", timeout=1)
        except redis.ConnectionError:
            time.sleep(0.1)
            continue
        if taken is None:
            continue
        message = TaskMessage(**json.loads(taken[1]))
        if message.type == "task_assignment":
            answer(client, message)
        elif message.type == "agent_shutdown":
            return


main()
