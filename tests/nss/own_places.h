/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The module with places of the test's own: system cache and system socket are
 * variables. Included before all else (-include) in the module's sources that
 * name them and in the test, which link instead of loading the built module.
 */
#ifndef NSS_MATRIX_TESTS_OWN_PLACES_H
#define NSS_MATRIX_TESTS_OWN_PLACES_H

#undef NSS_MATRIX_CACHE_DIR
#undef NSS_MATRIX_SOCKET
#define NSS_MATRIX_CACHE_DIR own_places_cache
#define NSS_MATRIX_SOCKET own_places_socket

extern char own_places_cache[];
extern char own_places_socket[];

#endif
