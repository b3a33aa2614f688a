from nexios import NexiosApp

app = NexiosApp()


@app.get("/")
async def hello():
    return "Hello, World!"
