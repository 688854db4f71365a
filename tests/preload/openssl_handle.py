# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A TLS client that fetches OpenSSL's functions with dlsym, as foreign function
# interfaces do. Prints "connected", or "refused" and why.

import ctypes
import socket
import sys

crypto = ctypes.CDLL("libcrypto.so.3")
ssl = ctypes.CDLL("libssl.so.3")
for function in (ssl.TLS_client_method, ssl.SSL_CTX_new, ssl.SSL_new,
                 crypto.ERR_reason_error_string):
    function.restype = ctypes.c_void_p
crypto.ERR_peek_error.restype = ctypes.c_ulong
ssl.SSL_ctrl.restype = ctypes.c_long

SET_HOSTNAME = 55
name = sys.argv[1].encode()
context = ctypes.c_void_p(
    ssl.SSL_CTX_new(ctypes.c_void_p(ssl.TLS_client_method())))
session = ctypes.c_void_p(ssl.SSL_new(context))
ssl.SSL_ctrl(session, SET_HOSTNAME, ctypes.c_long(0), name)
connection = socket.create_connection((sys.argv[1], 443))
ssl.SSL_set_fd(session, connection.fileno())
if ssl.SSL_connect(session) == 1:
    print("connected")
else:
    reason = crypto.ERR_reason_error_string(
        ctypes.c_ulong(crypto.ERR_peek_error()))
    print("refused", ctypes.string_at(reason).decode())
