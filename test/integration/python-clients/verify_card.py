"""Reads an agent card and checks its signatures with the official verifier of A2A 1.0: `verify_card.py CARD.json KEYS.json`."""

import json
import sys

from a2a.types import AgentCard
from a2a.utils.signing import InvalidSignaturesError, create_signature_verifier
from google.protobuf.json_format import ParseDict
from jwt.api_jwk import PyJWK


def main(card_file, keys_file):
    with open(card_file) as file:
        card = ParseDict(json.load(file), AgentCard(), ignore_unknown_fields=True)
    with open(keys_file) as file:
        keys = {key["kid"]: PyJWK(key) for key in json.load(file)["keys"]}
    verify = create_signature_verifier(lambda kid, jku: keys[kid], ["ES256"])
    verify(card)
    card.name += "!"
    try:
        verify(card)
        changed = "accepted"
    except InvalidSignaturesError:
        changed = "refused"
    print(json.dumps({"valid": True, "changed": changed}))


main(*sys.argv[1:])
