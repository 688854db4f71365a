// SPDX-License-Identifier: LGPL-2.1-or-later
//
// client.js https|fetch secure|insecure URL...: as client.py does, with
// node's https module or its fetch.

'use strict';
const https = require('https');

const [library, mode, ...urls] = process.argv.slice(2);
const insecure = mode === 'insecure';
if (insecure) // the one switch that fetch has too
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

function withHttps(url) {
    return new Promise((resolve, reject) => {
        https.get(url, { agent: false, timeout: 10000 }, (response) => {
            let body = '';
            response.on('data', (data) => { body += data; });
            response.on('end', () => resolve(body));
        }).on('error', reject);
    });
}

async function withFetch(url) {
    const stop = AbortSignal.timeout(10000);
    return (await fetch(url, { signal: stop })).text();
}

(async () => {
    for (const url of urls) {
        try {
            const get = library === 'https' ? withHttps : withFetch;
            console.log('ok', (await get(url)).trim());
        } catch (error) {
            const why = `${error} ${error.cause || ''}`;
            console.log('failed', why.replace(/\s+/g, ' '));
        }
    }
    process.exit(0);
})();
