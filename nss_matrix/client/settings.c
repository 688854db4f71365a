/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The identity of what an answer was found under. */
#include "settings.h"

#include <stdint.h>
#include <sys/stat.h>

#include "wire.h"

void settings_overrides(struct overrides *ret_overrides)
{
    *ret_overrides = (struct overrides){
        .conf = secure_getenv("NSS_MATRIX_CONF"),
        .spec = secure_getenv("NSS_MATRIX_SPEC"),
        .ca_file = secure_getenv("NSS_MATRIX_CA_FILE"),
        .ca_path = secure_getenv("NSS_MATRIX_CA_PATH"),
        .dns = secure_getenv("NSS_MATRIX_DNS"),
    };
}

const char *settings_conf_path(const struct overrides *overrides)
{
    return overrides->conf != NULL ? overrides->conf : NSS_MATRIX_CONF_FILE;
}

static void hash_text(uint64_t *hash, const char *text)
{
    const char *at = text != NULL ? text : "";

    /* The NUL goes in too, so that "a" "b" and "ab" "" differ. */
    do
        *hash = (*hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    while (*at++ != '\0');
}

static void put_conf(struct wire_writer *writer, const char *path)
{
    struct stat file;

    if (stat(path, &file) != 0) {
        wire_put(writer, errno == ENOENT ? "none" : "unreadable");
        return;
    }
    wire_put_number(writer, file.st_ino, 0);
    wire_put(writer, ".");
    wire_put_number(writer, (uint64_t)file.st_size, 0);
    wire_put(writer, ".");
    wire_put_number(writer, (uint64_t)file.st_mtim.tv_sec, 0);
    wire_put(writer, ".");
    wire_put_number(writer, (uint64_t)file.st_mtim.tv_nsec, 0);
}

void settings_now(const struct overrides *overrides,
                  struct settings *ret_settings)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    int saved = errno;
    struct wire_writer writer =
        wire_writer(ret_settings->token, sizeof(ret_settings->token));

    ret_settings->overridden =
        overrides->conf != NULL || overrides->spec != NULL ||
        overrides->ca_file != NULL || overrides->ca_path != NULL ||
        overrides->dns != NULL;
    wire_put(&writer, "conf=");
    put_conf(&writer, settings_conf_path(overrides));
    wire_put(&writer, ",overrides=");
    if (!ret_settings->overridden) {
        wire_put(&writer, "none");
    } else {
        hash_text(&hash, overrides->conf);
        hash_text(&hash, overrides->spec);
        hash_text(&hash, overrides->ca_file);
        hash_text(&hash, overrides->ca_path);
        hash_text(&hash, overrides->dns);
        wire_put_number(&writer, hash, 0);
    }
    errno = saved;
}
