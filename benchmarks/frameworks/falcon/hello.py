from falcon.asgi import App


class Hello:
    async def on_get(self, request, response):
        response.text = "Hello, World!"


app = App()
app.add_route("/", Hello())
