"""Runs Python code in a session: variables stay from one execution to the next. Only the standard library.

docs/python-agent.md says what callers see of it.
"""
