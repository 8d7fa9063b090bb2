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
