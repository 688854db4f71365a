<?php
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// client.php curl|streams secure|insecure URL...: as client.py does.

[, $library, $mode] = $argv;
$insecure = $mode === 'insecure';

function with_curl(string $url, bool $insecure): array
{
    static $handle = null;
    $handle ??= curl_init();
    curl_setopt_array($handle, [
        CURLOPT_URL => $url,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_TIMEOUT => 10,
        CURLOPT_FRESH_CONNECT => true,
        CURLOPT_FORBID_REUSE => true,
        CURLOPT_SSL_VERIFYPEER => !$insecure,
        CURLOPT_SSL_VERIFYHOST => $insecure ? 0 : 2,
    ]);
    $body = curl_exec($handle);
    return [$body !== false, $body === false ? curl_error($handle) : $body];
}

function with_streams(string $url, bool $insecure): array
{
    $context = stream_context_create([
        'http' => ['timeout' => 10, 'ignore_errors' => true],
        'ssl' => ['verify_peer' => !$insecure,
                  'verify_peer_name' => !$insecure],
    ]);
    $body = @file_get_contents($url, false, $context);
    return [$body !== false,
            $body === false ? error_get_last()['message'] : $body];
}

foreach (array_slice($argv, 3) as $url) {
    [$ok, $text] = "with_$library"($url, $insecure);
    echo $ok ? 'ok ' : 'failed ', preg_replace('/\s+/', ' ', $text), "\n";
}
