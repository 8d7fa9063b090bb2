"""A package with a PixellAdapter."""


class PixellAdapter:
    def process_request(self, request):
        return {"saw": request}
