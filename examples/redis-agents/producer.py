"""A program that gives work to an agent through Redis, as it did before there was Parley.

    python producer.py AGENT "a description" redis://127.0.0.1:6379
"""

import json
import sys
import uuid
from datetime import datetime

import redis

agent, description = sys.argv[1:3]
url = sys.argv[3] if len(sys.argv) > 3 else "redis://127.0.0.1:6379"
client = redis.Redis.from_url(url, decode_responses=True)
own_id = f"producer-{uuid.uuid4().hex[:8]}"
task_id = f"task-{uuid.uuid4().hex[:8]}"

message = {
    "id": task_id,
    "type": "task_assignment",
    "from_agent": own_id,
    "to_agent": agent,
    "timestamp": datetime.now().isoformat(),
    "payload": {"description": description, "context_id": "an-example", "timeout": 30.0, "task_id": task_id},
    "retry_count": 0,
}
client.lpush(f"queue:{agent}", json.dumps(message))
taken = client.brpop(f"queue:{own_id}", timeout=30)
if taken is None:
    sys.exit(f"{agent} has not answered")
payload = json.loads(taken[1])["payload"]
print(json.dumps(payload.get("result", payload.get("error"))))
sys.exit(0 if payload["status"] == "completed" else 1)
