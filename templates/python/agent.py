async def greet(input, context):
    """What callers get when they call __NAME__.

    input: the caller's data, text as "text", files as "files" ({name, type, bytes}).
    context: task, caller, signal, log, status(), artifact(), ask(), call(agent, input).
    A returned str is text, a dict is data, {name, type, bytes} a file; what an async generator yields is streamed.
    """
    name = input.get("text") or (await context.ask("What is your name?")).text
    context.log.info("greeting %s", name)
    return f"Hello {name}, this is __NAME__."
