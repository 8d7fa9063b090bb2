"""An agent that knows nothing of Parley: it takes work from a list in Redis, and puts its answers into another.

    pip install redis
    python agent.py redis://127.0.0.1:6379
"""

import json
import sys
import threading
import time
import uuid
from datetime import datetime

import redis

AGENT = "sonnet-1"
url = sys.argv[1] if len(sys.argv) > 1 else "redis://127.0.0.1:6379"
queue = redis.Redis.from_url(url, decode_responses=True)


def register():
    """Says who it is, and every 30 s that it lives."""
    agent = {"id": AGENT, "type": "sonnet", "capabilities": json.dumps(["coding", "analysis"]), "status": "active"}
    while True:
        queue.hset(f"agent:{AGENT}", mapping={**agent, "last_heartbeat": datetime.now().isoformat()})
        time.sleep(30)


def work(description):
    words = description.split()
    return {"words": len(words), "longest": max(words, key=len, default="")}


def answer(task):
    payload = {
        "task_id": task["id"],
        "original_task_id": task["payload"].get("task_id", task["id"]),
        "status": "completed",
        "result": work(task["payload"].get("description", "")),
        "processed_by": AGENT,
        "timestamp": datetime.now().isoformat(),
    }
    message = {
        "id": str(uuid.uuid4()),
        "type": "task_result",
        "from_agent": AGENT,
        "to_agent": task["from_agent"],
        "timestamp": datetime.now().isoformat(),
        "payload": payload,
        "retry_count": 0,
    }
    queue.lpush(f"queue:{task['from_agent']}", json.dumps(message))


threading.Thread(target=register, daemon=True).start()
print(f"{AGENT} waits for work", flush=True)
while True:
    taken = queue.brpop(f"queue:{AGENT}", timeout=1)
    if taken:
        answer(json.loads(taken[1]))
