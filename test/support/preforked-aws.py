#!/usr/bin/python3 -SE
"""The AWS CLI, loaded once and forked for each call: three quarters of a call's time is loading it.

`preforked-aws.py serve SOCKET` loads it and prints `ready`. Under the name `aws` this file hands its
arguments, environment, folder and standard streams to the server at $AWS_SERVER, where a fork runs
the CLI's own main(), and ends with that one's exit code.
"""
import json
import os
import socket
import sys

message_size_max = 1 << 20


def ask():
    server = socket.socket(socket.AF_UNIX)
    server.connect(os.environ["AWS_SERVER"])
    call = {"args": sys.argv, "cwd": os.getcwd(), "env": dict(os.environ)}
    head = b"%08d" % len(json.dumps(call).encode())
    socket.send_fds(server, [head], [0, 1, 2])
    server.sendall(json.dumps(call).encode())
    code = server.recv(8)
    sys.exit(int(code) if code else 255)


def serve(path):
    import signal

    # Started without site-packages: the CLI needs them.
    import site

    site.main()
    import awscli.clidriver

    awscli.clidriver.create_clidriver()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    print("ready", flush=True)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(connection, awscli.clidriver.main)
        connection.close()


def answer(connection, main):
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    call = b""
    while len(call) < min(int(head), message_size_max):
        call += connection.recv(message_size_max)
    call = json.loads(call)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(call["cwd"])
    # Where its models are is written down when it is loaded.
    data_path = os.environ["AWS_DATA_PATH"]
    os.environ.clear()
    os.environ.update(call["env"], AWS_DATA_PATH=data_path)
    sys.argv = call["args"]
    try:
        code = main()
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(b"%d" % (code or 0))
    os._exit(0)


if sys.argv[1:2] == ["serve"] and os.path.basename(sys.argv[0]) != "aws":
    serve(sys.argv[2])
else:
    ask()
