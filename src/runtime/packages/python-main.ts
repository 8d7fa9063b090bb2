/**
 * Runs a Python function `main` of a module as a stdin/stdout program: `{python} -c <this> module function`. A `main` that
 * takes an argument gets the object from stdin and its result is written to stdout; one without reads and writes itself.
 */
export const pythonMainRunner: string = `
import asyncio, importlib, inspect, json, sys
sys.path.insert(0, '')
module, name = sys.argv[1:3]
del sys.argv[1:3]
main = getattr(importlib.import_module(module), name)
kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
needed = [p for p in inspect.signature(main).parameters.values() if p.kind in kinds and p.default is p.empty]
result = main(json.load(sys.stdin)) if needed else main()
if inspect.isawaitable(result):
    async def wait():
        return await result
    result = asyncio.run(wait())
if isinstance(result, int) and not isinstance(result, bool):
    sys.exit(result)
if result is not None:
    json.dump(result, sys.stdout)
`.trim();
