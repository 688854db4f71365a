/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A command: says whether the shim is in it, then its arguments. Built in
 * ways that matrix-run must tell apart.
 */
#include <stdio.h>
#include <stdlib.h>

#ifdef RUN_GO /* as Go's linker marks its programs */
__attribute__((section(".note.go.buildid"), used)) static const int go = 1;
#endif

#ifdef RUN_OPENSSL /* linked in and exported */
__attribute__((visibility("default"))) long SSL_ctrl(void)
{
    return 0;
}
#endif

#ifdef RUN_GNUTLS
__attribute__((visibility("default"))) long gnutls_record_send(void)
{
    return 0;
}
#endif

int main(int argc, char **argv)
{
    const char *shim = getenv("RUN_SHIM");

    printf("%s", shim == NULL ? "no shim" : shim);
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    putchar('\n');
    return argc > 1 ? atoi(argv[1]) : 0;
}
