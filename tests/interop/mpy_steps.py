# Runs on MicroPython: one connection after the other, each as a step says.  The harness sets
# STEPS, a list of dicts, and prints what became of each as one JSON list.  A step has
# HOST, PORT, and perhaps: ca, name, cert (a pair of paths), alpn, version; verify ("none",
# "chain", "name"); context (a number: the steps with the same share one); cache (its size);
# save (a name to save the session under), session (a name to resume); sleep (seconds before).
import binascii
import json
import socket
import ssl
import time

contexts = {}
sessions = {}


def make_context(step):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    verify = step.get("verify", "name")
    ctx.check_hostname = verify == "name"
    ctx.verify_mode = ssl.CERT_NONE if verify == "none" else ssl.CERT_REQUIRED
    if step.get("ca"):
        ctx.load_verify_locations(step["ca"])
    if step.get("cert"):
        ctx.load_cert_chain(*step["cert"])
    if step.get("alpn"):
        ctx.set_alpn_protocols(step["alpn"])
    if step.get("version"):
        version = getattr(ssl.TLSVersion, "TLSv" + step["version"].replace(".", "_"))
        ctx.minimum_version = ctx.maximum_version = version
    ctx.session_cache_size = step.get("cache", 0)
    return ctx


def context_of(step):
    if "context" not in step:
        return make_context(step)
    if step["context"] not in contexts:
        contexts[step["context"]] = make_context(step)
    return contexts[step["context"]]


def visit(step):
    time.sleep(step.get("sleep", 0))
    session = sessions[step["session"]] if "session" in step else None
    ss = context_of(step).wrap_socket(socket.socket(), server_hostname=step.get("name", "localhost"), session=session)
    ss.connect(socket.getaddrinfo(step["HOST"], step["PORT"])[0][-1])
    told = {"reused": ss.session_reused, "version": ss.version(), "alpn": ss.selected_alpn_protocol()}
    ss.write(b"GET / HTTP/1.0\r\n\r\n")
    told["data"] = len(ss.recv(10))
    if "save" in step:
        sessions[step["save"]] = ssl.save_session(ss)
        told["timeout"] = sessions[step["save"]].timeout
        told["saved"] = binascii.hexlify(sessions[step["save"]].serialize()).decode()
    ss.close()
    return told


def try_step(step):
    try:
        return visit(step)
    except Exception as error:
        return {"error": type(error).__name__, "words": str(error)}


print(json.dumps([try_step(step) for step in STEPS]))
