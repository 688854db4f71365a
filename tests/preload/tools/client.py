#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# client.py LIBRARY secure|insecure URL...: gets the URLs one after the other
# with one of Python's HTTPS clients, over a new connection each but with one
# TLS context for all, where the library lets a program have one. A line per
# URL: `ok BODY` or `failed WHY`. Knows nothing of Matrix.

import asyncio
import io
import sys

TIMEOUT = 10
INSECURE = sys.argv[2] == "insecure"


def context():
    import ssl
    made = ssl.create_default_context()
    if INSECURE:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def report(get, url):
    try:
        print("ok", get(url).strip(), flush=True)
    except Exception as error:  # each library has a family of its own
        print("failed", type(error).__name__,
              " ".join(str(error).split()), flush=True)


def with_urllib(urls):
    import urllib.request
    opener = urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context()))
    for url in urls:
        report(lambda u: opener.open(u, timeout=TIMEOUT).read().decode(), url)


def with_http_client(urls):
    import http.client
    from urllib.parse import urlsplit
    shared = context()

    def get(url):
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(
            parts.netloc, timeout=TIMEOUT, context=shared)
        connection.request("GET", f"{parts.path}?{parts.query}")
        return connection.getresponse().read().decode()
    for url in urls:
        report(get, url)


def with_requests(urls):
    import warnings
    import requests
    warnings.simplefilter("ignore")
    for url in urls:
        report(lambda u: requests.get(u, timeout=TIMEOUT,
                                      verify=not INSECURE).text, url)


def with_httpx(urls, **options):
    import httpx
    with httpx.Client(verify=not INSECURE, timeout=TIMEOUT, **options,
                      limits=httpx.Limits(max_keepalive_connections=0)
                      ) as client:
        for url in urls:
            report(lambda u: client.get(u).text, url)


def with_httpx_http2(urls):
    with_httpx(urls, http2=True)


async def report_each(get, urls):
    for url in urls:
        try:
            text = await get(url)
            report(lambda _, text=text: text, url)
        except Exception as error:
            def fail(_, error=error):
                raise error
            report(fail, url)


def with_httpx_async(urls):
    import httpx

    async def main():
        async with httpx.AsyncClient(
                verify=not INSECURE, timeout=TIMEOUT,
                limits=httpx.Limits(max_keepalive_connections=0)) as client:
            async def get(url):
                return (await client.get(url)).text
            await report_each(get, urls)
    asyncio.run(main())


def with_aiohttp(urls):
    import aiohttp

    async def main():
        connector = aiohttp.TCPConnector(force_close=True)
        async with aiohttp.ClientSession(connector=connector) as session:
            async def get(url):
                async with session.get(
                        url, timeout=aiohttp.ClientTimeout(TIMEOUT),
                        ssl=False if INSECURE else None) as response:
                    return await response.text()
            await report_each(get, urls)
    asyncio.run(main())


def with_pycurl(urls):
    import pycurl
    handle = pycurl.Curl()

    def get(url):
        body = io.BytesIO()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.WRITEDATA, body)
        handle.setopt(pycurl.TIMEOUT, TIMEOUT)
        handle.setopt(pycurl.FRESH_CONNECT, 1)
        handle.setopt(pycurl.FORBID_REUSE, 1)
        if INSECURE:
            handle.setopt(pycurl.SSL_VERIFYPEER, 0)
            handle.setopt(pycurl.SSL_VERIFYHOST, 0)
        handle.perform()
        return body.getvalue().decode()
    for url in urls:
        report(get, url)


def with_libsoup(urls):
    import gi
    gi.require_version("Soup", "3.0")
    from gi.repository import Soup

    def get(url):
        session = Soup.Session(timeout=TIMEOUT)
        message = Soup.Message.new("GET", url)
        if INSECURE:
            message.connect("accept-certificate", lambda *_: True)
        return session.send_and_read(message).get_data().decode()
    for url in urls:
        report(get, url)


globals()["with_" + sys.argv[1]](sys.argv[3:])
