"""What `a2a.service` of a package names: an object, and a dict, with custom handlers."""


class Service:
    def __init__(self):
        self.custom_handlers = {"greet": self.greet, "greet_sync": lambda parameters: f"hi {parameters['name']}"}

    async def greet(self, parameters):
        return {"saw": parameters}


def create_grpc_server():
    return Service()


async def count(parameters):
    for number in range(int(parameters["to"])):
        yield {"number": number}


def create_dict():
    return {"custom_handlers": {}, "streaming_handlers": {"count": count}}


def create_nothing():
    return object()


class Answer:
    def __init__(self, **fields):
        self.__dict__.update(fields)


class BlockingServicer:
    """Not async, lists nothing, and uses what gRPC gives a servicer."""

    def Invoke(self, request, context):
        if request.action == "abort":
            context.abort(3, "not like this")
        if request.action == "set":
            context.set_code(5)
            context.set_details("there is no such thing")
            return Answer(success=True, result="unseen")
        return Answer(success=True, result=f"{request.action} {dict(request.parameters)} {request.request_id}")


def create_servicer():
    return BlockingServicer()


class ServicerThatCannotDescribe(BlockingServicer):
    async def DescribeCapabilities(self, request, context):
        raise ValueError("not today")


def create_broken_servicer():
    return ServicerThatCannotDescribe()
