# Uses one library of MicroPython's as its own examples do. Variables: CASE PATHS HOST PORT CA FOLDER
import sys

sys.path.insert(0, FOLDER)  # with the library, unless that is frozen

import ssl

URL = "https://%s:%d" % (HOST, PORT)


def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(CA)
    return context


def check(value, why):
    if not value:
        raise AssertionError(why)


# ---- HTTP ----


def http(requests):
    answer = requests.get(URL + "/", headers={"X-Why": "test"})
    check(answer.status_code == 200 and "protocol=TLS" in answer.text, answer.text)
    answer = requests.get(URL + "/files/data.json", timeout=5)
    check(answer.json() == {"answer": 42}, "json")
    answer = requests.get(URL + "/files/large", stream=True)
    check(len(answer.content) == 300000, "large")
    answer = requests.post(URL + "/upload", data=b"x" * 50000)
    check("50000" in answer.text, answer.text)
    answer = requests.get(URL + "/files/none")
    check(answer.status_code == 404, "not found")
    answer.close()


def with_requests():
    import requests
    http(requests)


def with_urequests():
    import urequests
    http(urequests)


def with_mip():
    import mip
    mip.install(URL + "/files/package.json", target=FOLDER)
    import installed
    check(installed.answer == 42, "what mip installed")


def with_urllib_urequest():
    from urllib.urequest import urlopen
    stream = urlopen(URL + "/files/data.json")
    check(b"42" in stream.read(), "body")
    stream.close()


def with_aiohttp():
    import aiohttp
    import asyncio

    async def main():
        async with aiohttp.ClientSession() as session:
            async with session.get(URL + "/files/data.json", ssl=trusting()) as answer:
                check(answer.status == 200 and await answer.json() == {"answer": 42}, "json")
            async with session.get(URL + "/files/large", ssl=trusting()) as answer:
                check(len(await answer.read()) == 300000, "large")
            async with session.post(URL + "/upload", data=b"y" * 5000, ssl=trusting()) as answer:
                check("5000" in await answer.text(), "upload")
            try:
                await session.get(URL + "/", ssl=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)).__aenter__()
            except (ssl.SSLCertVerificationError, ValueError):
                return
            check(False, "an unknown root was trusted")

    asyncio.run(main())


# ---- MQTT ----


def pair(module, **more):
    got = []
    client = module.MQTTClient("library", HOST, PORT, keepalive=60, ssl=trusting(), **more)
    client.set_callback(lambda topic, message: got.append((topic, message)))
    client.set_last_will("house/will", "gone", qos=1)
    return client, got


def conversation(client, got):
    client.connect(timeout=10)
    client.subscribe("house/+", 1)
    client.publish("house/a", b"at most once")
    client.publish("house/b", b"z" * 20000, qos=1)
    while len(got) < 2:
        client.wait_msg()
    check([len(message) for _, message in got] == [12, 20000], repr(got)[:200])
    client.ping()
    client.wait_msg()
    check(client.check_msg() is None, "a message out of nowhere")
    check(client.sock.version() == "TLSv1.3" or VERSION == "1.2", "version")


def with_umqtt_simple():
    from umqtt import simple
    client, got = pair(simple)
    conversation(client, got)
    client.disconnect()


def with_umqtt_robust():
    from umqtt import robust
    client, got = pair(robust)
    client.DELAY = 0.2
    conversation(client, got)
    client.sock.close()  # the way to the broker broke
    client.publish("house/c", b"after it", qos=1)
    client.subscribe("house/+", 1)
    client.publish("house/d", b"and on", qos=1)
    while got[-1][1] != b"and on":
        client.wait_msg()
    client.disconnect()


globals()["with_" + CASE]()
print("done")
