#!/usr/bin/env python3
# Gatehouse. SPDX-License-Identifier: Apache-2.0
"""Speaks to the lab's Security Centers as the vendor's Python package does, with the standard library alone.

usage: security_center_client.py PATH-OF-gatehouse-lab

The package sends Authorization with `login` only, keeps one connection for each login, sends an empty X-KSC-VServer
for the main server and never the session's header, and opens a new connection for a gateway.
"""

import base64
import http.client
import json
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request


class MethodError(Exception):
    def __init__(self, error):
        # The package looks at each of these members.
        details = error["locdata"]
        assert details["type"] == "params", error
        text = details["value"]["format"]
        for number, argument in enumerate(details["value"]["args"], 1):
            text = text.replace("%%%d" % number, argument)
        for name in ("code", "subcode", "module", "file", "line", "message"):
            assert name in error, error
        super().__init__(text)
        self.code = error["code"]
        self.module = error["module"]


class Server:
    """One login on one connection."""

    def __init__(self, lab, authorization, second_step=None):
        self.lab = lab
        self.connection = lab.connect()
        self.connection.connect()
        self.socket = self.connection.sock
        status, text, headers = self.login(authorization)
        if second_step is not None:
            assert (status, text) == (401, b"Authentication not finished"), (status, text)
            assert "KSCMFA" in headers["WWW-Authenticate"]
            status, text, headers = self.login('KSCMFA totp="%s"' % second_step)
        self.connected = status == 200
        self.text = text
        if self.connected and not authorization.startswith("KSCGW"):
            assert json.loads(text) == {}, text

    def login(self, authorization):
        headers = {"Authorization": authorization, "Content-Type": "application/json", "X-KSC-VServer": ""}
        return self.request("POST", "/api/v1.0/login", b"", headers)

    def request(self, method, path, body, headers):
        headers = {"Accept-Encoding": "gzip, deflate", "Accept": "*/*", "Connection": "keep-alive", **headers}
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        assert self.connection.sock is self.socket, "the connection was not kept"
        return response.status, text, response.headers

    def call(self, name, **arguments):
        body = json.dumps(arguments).encode() if arguments else b""
        status, text, _ = self.request("POST", "/api/v1.0/" + name, body, {"Content-Type": "application/json"})
        assert status == 200, (name, status, text)
        answer = json.loads(text)
        if "PxgError" in answer:
            raise MethodError(answer["PxgError"])
        check_parameters(answer)
        return answer

    def value(self, name, **arguments):
        return self.call(name, **arguments)["PxgRetVal"]

    def close(self):
        self.connection.close()


def check_parameters(answer):
    """The package refuses a wrapped container at the top, and null inside of one."""
    for value in answer.values():
        if isinstance(value, dict):
            assert set(value) != {"type", "value"}, answer
            check_container(value)


def check_container(members):
    for value in members.values():
        assert value is not None, members
        if isinstance(value, dict):
            assert set(value) == {"type", "value"}, members
            if value["type"] == "params":
                check_container(value["value"])
            elif value["type"] == "datetime":
                time.strptime(value["value"], "%Y-%m-%dT%H:%M:%SZ")
            elif value["type"] == "binary":
                base64.b64decode(value["value"], validate=True)
        elif isinstance(value, list):
            for element in value:
                if isinstance(element, dict):
                    assert set(element) == {"type", "value"}, members


class Lab:
    def __init__(self, program, directory):
        self.process = subprocess.Popen(
            [program, "--directory", directory, "--ksc-action-duration", "90"],
            stdout=subprocess.PIPE,
        )
        self.ready = json.loads(self.process.stdout.readline())
        self.center = self.ready["services"]["securityCenter"]
        self.context = ssl.create_default_context(cafile=self.center["caFile"])
        self.address = urllib.parse.urlsplit(self.center["url"])

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.address.port, context=self.context, timeout=20)

    def account(self, user):
        return next(account for account in self.center["accounts"] if account["user"] == user)

    def password(self, user):
        with open(self.account(user)["passwordFile"], encoding="utf-8") as file:
            return file.read()

    def host(self, name):
        return next(host["id"] for host in self.center["hosts"] if host["name"] == name)

    def state(self):
        with urllib.request.urlopen(self.ready["services"]["control"]["url"] + "/ksc") as answer:
            return json.load(answer)

    def change(self, query):
        url = self.ready["services"]["control"]["url"] + "/ksc?" + query
        urllib.request.urlopen(urllib.request.Request(url, method="POST")).close()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0


def basic(user, password, domain="", internal="1"):
    encoded = [base64.b64encode(text.encode()).decode() for text in (user, password)]
    return 'KSCBasic user="%s", pass="%s", domain="%s", internal="%s"' % (*encoded, domain, internal)


def wrapped(location):
    return {"type": "params", "value": location}


def fails(code, action):
    try:
        action()
    except MethodError as error:
        assert error.code == code, (error.code, code, str(error))
        return error
    raise AssertionError("no error %d" % code)


def follow(server, action):
    """Asks until the action is done, at the pace that the server wants."""
    while True:
        state = server.call("AsyncActionStateChecker.CheckActionState", wstrActionGuid=action)
        if state["bFinalized"]:
            assert state["bSuccededFinalized"], state
            return state["pStateData"]
        fails(1195, lambda: server.call("AsyncActionStateChecker.CheckActionState", wstrActionGuid=action))
        time.sleep(state["lNextCheckDelay"] / 1000)


def gateway(lab, main, locations):
    key = main.call("GatewayConnection.PrepareGatewayConnection", pLocations=[wrapped(item) for item in locations])
    server = Server(lab, "KSCGW " + key["wstrAuthKey"])
    assert server.connected and server.text == b"", server.text
    assert not Server(lab, "KSCGW " + key["wstrAuthKey"]).connected, "a key was good twice"
    return server


def find_host(server, text):
    found = server.call(
        "HostGroup.FindHosts",
        wstrFilter=text,
        vecFieldsToReturn=["KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "name"],
        vecFieldsToOrder=[{"Name": "KLHST_WKS_DN", "Asc": True}],
        pParams={"KLGRP_FIND_FROM_CUR_VS_ONLY": True},
        lMaxLifeTime=100,
    )
    rows = []
    assert server.value("ChunkAccessor.GetItemsCount", strAccessor=found["strAccessor"]) == found["PxgRetVal"]
    while len(rows) < found["PxgRetVal"]:
        chunk = server.call(
            "ChunkAccessor.GetItemsChunk", strAccessor=found["strAccessor"], nStart=len(rows), nCount=100
        )
        rows += [row["value"] for row in chunk["pChunk"]["KLCSP_ITERATOR_ARRAY"]]
        assert chunk["PxgRetVal"] > 0
    server.call("ChunkAccessor.Release", strAccessor=found["strAccessor"])
    fails(1186, lambda: server.call("ChunkAccessor.GetItemsCount", strAccessor=found["strAccessor"]))
    return rows


def check_logins(lab):
    assert not Server(lab, basic("api", "wrong")).connected
    assert Server(lab, basic("api", "wrong")).text == b"Authentication failure"
    assert not Server(lab, basic("api", lab.password("api"), internal="0")).connected
    operator = lab.password("operator")
    encoded = base64.b64encode(b"CORP").decode()
    for domain in ("CORP", "corp", encoded):
        server = Server(lab, basic("operator", operator, domain, "0"))
        assert server.connected, domain
        server.close()
    assert not Server(lab, basic("operator", operator, "OTHER", "0")).connected
    with open(lab.center["webTokenFile"], encoding="utf-8") as file:
        web = Server(lab, "KSCWT " + file.read())
    token = web.value("Session.CreateToken")
    assert Server(lab, "KSCT " + token).connected
    assert not Server(lab, "KSCT " + token).connected
    web.close()


def check_agent(lab, agent):
    fails(1186, lambda: agent.call("HostGroup.GroupIdGroups"))
    info = agent.value(
        "NagHstCtl.GetHostRuntimeInfo",
        pFilter={"klhst-rt-TskInfo": wrapped({"klhst-ProductName": "KES"})},
    )
    tasks = info["klhst-rt-TskInfo"]["value"]["KES"]["value"]["klhst-rt-TskArray"]
    task = tasks[0]["value"]["taskStorageId"]
    agent.call(
        "NagHstCtl.SendTaskAction", szwProduct="KES", szwVersion="11.0.0.0", szwTaskStorageId=task, nTaskAction=5
    )
    info = agent.value("NagHstCtl.GetHostRuntimeInfo", pFilter={"klhst-rt-TskInfo": wrapped({})})
    tasks = info["klhst-rt-TskInfo"]["value"]["KES"]["value"]["klhst-rt-TskArray"]
    assert tasks[0]["value"]["taskState"] == 1, tasks

    state = agent.value("NagRdu.GetCurrentHostState")
    token = state["Products"]["value"]["KES/11.0.0.0"]["value"]["TraceFile"][0]
    url = agent.value("NagRdu.GetUrlToDownloadFileFromHost", szwRemoteFile=token)
    status, whole, _ = agent.request("GET", url, None, {"Content-Type": "application/octet-stream"})
    assert status == 200 and len(whole) == 3 << 20, (status, len(whole))
    status, part, headers = agent.request("GET", url, None, {"Range": "bytes=100-"})
    assert status == 206 and part == whole[100:]
    assert headers["Content-Range"] == "bytes 100-%d/%d" % (len(whole) - 1, len(whole))

    upload = agent.value("NagRdu.GetUrlToUploadFileToHost")
    content = bytes(range(256)) * 5000
    for start in range(0, len(content), 1 << 20):
        piece = content[start : start + (1 << 20)]
        put_piece(agent, upload, piece, start, len(content))
    action = agent.value(
        "NagRdu.ExecuteFileAsync", szwURL=upload, szwShortExecName="tool", szwParams="-x"
    )
    result = follow(agent, action)["LastActionResult"]
    fails(1186, lambda: agent.call("AsyncActionStateChecker.CheckActionState", wstrActionGuid=action))
    url = agent.value("NagRdu.GetUrlToDownloadFileFromHost", szwRemoteFile=result)
    status, archive, _ = agent.request("GET", url, None, {})
    assert status == 200
    check_archive(archive, "tool -x\n1280000 bytes")

    info = agent.call("NagNetworkListApi.GetListItemFileInfo", listName="Backup", itemId="item-1", bNeedPacked=False)
    content = b""
    while len(content) < info["pFileInfo"]["KLNLST_TOTAL_SIZE"]:
        piece = agent.call(
            "NagNetworkListApi.GetListItemFileChunk",
            listName="Backup",
            itemId="item-1",
            bNeedPacked=False,
            ulStartPos=len(content),
            lBytesToRead=1 << 20,
        )
        content += base64.b64decode(piece["pChunk"], validate=True)
    assert len(content) == 300001

    assert fails(1194, lambda: connector(agent, "Nothing")).module == "KLCONN"
    data = {"when": {"type": "datetime", "value": "2024-01-02T03:04:05Z"}}
    assert follow(agent, connector(agent, "Echo", data)["PxgRetVal"]) == data


def connector(agent, name, data=None):
    return agent.call(
        "NagGuiCalls.CallConnectorAsync",
        szwProduct="KES",
        szwVersion="11.0.0.0",
        szwCallName=name,
        pInData=data or {},
    )


def put_piece(agent, path, piece, start, total):
    """Waits for 100 Continue before it sends, as careful clients do."""
    agent.connection.putrequest("PUT", path)
    for name, value in {
        "Content-Type": "application/zip",
        "Content-Range": "bytes %d-%d/%d" % (start, start + len(piece) - 1, total),
        "Content-Length": str(len(piece)),
        "Expect": "100-continue",
    }.items():
        agent.connection.putheader(name, value)
    agent.connection.endheaders()
    interim = agent.socket.recv(100)
    assert interim.startswith(b"HTTP/1.1 100 "), interim
    agent.connection.send(piece)
    response = agent.connection.getresponse()
    response.read()
    assert response.status == 201, response.status


def check_archive(content, beginning):
    import io
    import zipfile

    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.read("result/stdout.txt").decode().startswith(beginning)


def check_hierarchy(lab, main):
    children = {
        child["value"]["KLSRVH_SRV_DN"]: child["value"]
        for child in main.value("ServerHierarchy.GetChildServers", nGroupId=-1)
    }
    assert len(children) == 3, children
    north_id = children["Secondary Server North"]["KLSRVH_SRV_ID"]
    to_north = main.value("CgwHelper.GetSlaveServerLocation", nSlaveServerId=north_id)
    north = gateway(lab, main, [to_north])
    below = north.value("ServerHierarchy.GetChildServers", nGroupId=-1)[0]["value"]
    to_harbour = north.value("CgwHelper.GetSlaveServerLocation", nSlaveServerId=below["KLSRVH_SRV_ID"])
    harbour = gateway(lab, main, [to_north, to_harbour])
    host = find_host(harbour, '(KLHST_WKS_DN="HARBOUR-WS-1")')[0]["KLHST_WKS_HOSTNAME"]
    fails(1186, lambda: main.call("CgwHelper.GetNagentLocation", wsHostName=host))
    to_host = harbour.value("CgwHelper.GetNagentLocation", wsHostName=host)
    agent = gateway(lab, main, [to_north, to_harbour, to_host])
    assert agent.value("NagRdu.GetCurrentHostState")["HostDN"]
    to_component = agent.value(
        "NagCgwHelper.GetProductComponentLocation",
        szwProduct="KES",
        szwVersion="11.0.0.0",
        szwComponent="FileThreatProtection",
    )
    component = gateway(lab, main, [to_north, to_harbour, to_host, to_component])
    assert component.value("LabComponent.GetInfo")["Component"] == "FileThreatProtection"
    fails(1186, lambda: component.call("NagRdu.GetCurrentHostState"))
    for careless in ({**to_host, "GwLocSignUdp": None}, without(to_host, "GwLocIndirect")):
        fails(1192, lambda: gateway(lab, main, [to_north, to_harbour, careless]))
    fails(1192, lambda: gateway(lab, main, [to_harbour]))
    closed = children["Secondary Server Closed"]["KLSRVH_SRV_ID"]
    to_closed = main.value("CgwHelper.GetSlaveServerLocation", nSlaveServerId=closed)
    fails(1195, lambda: gateway(lab, main, [to_closed]))
    assert lab.state()["gateways"] == 4, lab.state()
    for server in (component, agent, harbour, north):
        server.close()


def without(members, name):
    return {key: value for key, value in members.items() if key != name}


def check_sessions(lab):
    """The other way: ids that any connection may carry."""

    def send(name, session=None, authorization=None, **arguments):
        connection = lab.connect()
        headers = {}
        if session:
            headers["X-KSC-Session"] = session
        if authorization:
            headers.update({"Authorization": authorization, "X-KSC-VServer": "x"})
        connection.request("POST", "/api/v1.0/" + name, json.dumps(arguments) if arguments else None, headers)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        return response.status, json.loads(text) if text.startswith(b"{") else text

    assert send("HostGroup.GroupIdGroups")[0] == 401
    status, answer = send("Session.StartSession", authorization=basic("api", lab.password("api")))
    session = answer["PxgRetVal"]
    assert send("Session.Ping", session) == (200, {})
    host = lab.host("MAIN-WS-1")
    status, answer = send("CgwHelper.GetNagentLocation", session, wsHostName=host)
    location = {"type": "params", "value": answer["PxgRetVal"]}
    status, answer = send("GatewayConnection.PrepareGatewayConnection", session, pLocations=[location])
    status, answer = send("Session.StartSession", authorization="KSCGW " + answer["wstrAuthKey"])
    agent = answer["PxgRetVal"]
    assert send("NagRdu.GetCurrentHostState", agent)[0] == 200
    assert send("NagRdu.GetCurrentHostState", session)[1]["PxgError"]["code"] == 1186
    assert send("Session.EndSession", agent) == (200, {})
    assert send("NagRdu.GetCurrentHostState", agent)[0] == 403
    lab.change("sessionLifetime=1")
    assert send("Session.Ping", session)[0] == 200
    time.sleep(1.05)
    assert send("Session.Ping", session)[0] == 403, "the session lives on"


def check_silence(lab, main):
    silent = gateway(lab, main, [main.value("CgwHelper.GetNagentLocation", wsHostName=lab.host("MAIN-SILENT"))])
    silent.call("Session.Ping")
    silent.connection.sock.settimeout(0.5)
    try:
        silent.call("NagRdu.GetCurrentHostState")
        raise AssertionError("the silent agent spoke")
    except socket.timeout:
        silent.close()


def one_time_password(lab):
    import hashlib
    import hmac

    with open(lab.account("auditor")["totpFile"], encoding="utf-8") as file:
        key = base64.b32decode(file.read())
    counter = (int(time.time()) // 30).to_bytes(8, "big")
    digest = hmac.new(key, counter, hashlib.sha1).digest()
    offset = digest[19] & 15
    return "%06d" % ((int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF) % 1000000)


def main():
    with tempfile.TemporaryDirectory() as directory:
        lab = Lab(sys.argv[1], directory)
        try:
            check_logins(lab)
            auditor = Server(lab, basic("auditor", lab.password("auditor")), one_time_password(lab))
            assert auditor.connected
            auditor.close()
            server = Server(lab, basic("api", lab.password("api")))
            assert len(find_host(server, '(KLHST_WKS_DN="*")')) > 200
            assert len(find_host(server, '(&(KLHST_WKS_DN="MAIN-*")(!(KLHST_WKS_STATUS&8<>0)))')) == 1
            agent = gateway(
                lab, server, [server.value("CgwHelper.GetNagentLocation", wsHostName=lab.host("MAIN-WS-1"))]
            )
            check_agent(lab, agent)
            agent.close()
            check_hierarchy(lab, server)
            check_silence(lab, server)
            server.close()
            check_sessions(lab)
            deadline = time.time() + 10
            while lab.state()["nodes"] and time.time() < deadline:
                time.sleep(0.05)
            state = lab.state()
            assert state["connectionLogins"] == state["sessions"] == state["gateways"] == 0, state
            with open(lab.ready["requestLog"], encoding="utf-8") as log:
                text = log.read()
            assert lab.password("api") not in text and '"operation":"HostGroup.FindHosts"' in text
        finally:
            lab.stop()
    print("ok")


if __name__ == "__main__":
    main()
