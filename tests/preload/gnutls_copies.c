/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * gnutls_copies PLUGIN PLUGIN NAME N PEM-FILE: loads two plugins, each with a
 * GnuTLS of its own, so that the global scope has neither, and lets them work
 * in turn. Per turn: what was wrong, and two times 1 if the plugin's own
 * GnuTLS logged and the other one did not.
 */
#include "gnutls_plugin.h"

#include <dlfcn.h>
#include <stdio.h>

enum {
    TURNS = 6,
};

static struct plugin {
    __typeof__(gnutls_plugin_work) *work;
    __typeof__(gnutls_plugin_logged) *logged;
} plugins[2];

static int load(const char *file, struct plugin *ret_plugin)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    if (handle == NULL) {
        puts(dlerror());
        return -1;
    }
    *(void **)&ret_plugin->work = dlsym(handle, "gnutls_plugin_work");
    *(void **)&ret_plugin->logged = dlsym(handle, "gnutls_plugin_logged");
    return 0;
}

int main(int argc, char **argv)
{
    static char pem[20000];
    FILE *file = argc == 6 ? fopen(argv[5], "r") : NULL;

    if (file == NULL || fread(pem, 1, sizeof(pem) - 1, file) == 0)
        return 2;
    fclose(file);
    if (load(argv[1], &plugins[0]) != 0 || load(argv[2], &plugins[1]) != 0)
        return 1;
    for (int i = 0; i < TURNS; i++) {
        struct plugin *own = &plugins[i % 2];
        struct plugin *other = &plugins[(i + 1) % 2];
        unsigned own_before = own->logged();
        unsigned other_before = other->logged();
        unsigned wrong = own->work(argv[3], argv[4], pem);

        printf("%x %d %d\n", wrong, own->logged() > own_before,
               other->logged() == other_before);
    }
    return 0;
}
