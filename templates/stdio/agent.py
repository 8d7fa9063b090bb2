"""Reads {"action": "greet", "text": "Ada"} and prints what callers of __NAME__ get.

An error is {"status": "error", "message": …} or an exit code other than 0. Lines on standard error go to the log.
"""

import json
import sys


def main():
    request = json.load(sys.stdin)
    print("greeting", request.get("text"), file=sys.stderr)
    if not request.get("text"):
        return {"status": "error", "message": "Send a name as text."}
    return {"greeting": f"Hello {request['text']}, this is __NAME__."}


json.dump(main(), sys.stdout)
