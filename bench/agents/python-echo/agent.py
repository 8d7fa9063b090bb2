def echo(request):
    return request["text"]
