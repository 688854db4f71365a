/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of outcomes, line by line as the design has it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "status.h"
#include "util.h"

static const struct {
    enum error error;
    const char *name;
    const char *status;
    int exit;
} TABLE[] = {
    {ERROR_NONE, "none", "ok", 0},
    {ERROR_INVALID_SERVER_NAME, "invalid-server-name", "invalid", 2},
    {ERROR_NO_ADDRESS, "no-address", "not-found", 1},
    {ERROR_SERVICE_DISABLED, "service-disabled", "not-found", 1},
    {ERROR_NO_USABLE_SRV, "no-usable-srv", "not-found", 1},
    {ERROR_ABORTED_INVALID_WELL_KNOWN, "aborted-invalid-well-known",
     "not-found", 1},
    {ERROR_BLOCKED_ADDRESS, "blocked-address", "not-found", 1},
    {ERROR_DNS_TEMPORARY, "dns-temporary", "try-again", 4},
    {ERROR_TIMEOUT, "timeout", "try-again", 4},
    {ERROR_INTERNAL, "internal", "unavailable", 5},
};

static void every_error_has_its_name_status_and_exit(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TABLE); i++) {
        enum status status = error_status(TABLE[i].error);

        assert_string_equal(error_name(TABLE[i].error), TABLE[i].name);
        assert_string_equal(status_name(status), TABLE[i].status);
        assert_int_equal(status_exit(status), TABLE[i].exit);
    }
}

static void names_lead_back_to_their_errors(void **state)
{
    enum error error = ERROR_INTERNAL;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TABLE); i++) {
        assert_true(error_from_name(TABLE[i].name, &error));
        assert_int_equal(error, TABLE[i].error);
    }
}

static void unknown_names_are_no_errors(void **state)
{
    static const char *const OTHERS[] = {"", "ok", "NONE", "none ", "no"};
    enum error error = ERROR_TIMEOUT;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(OTHERS); i++)
        assert_false(error_from_name(OTHERS[i], &error));
    assert_int_equal(error, ERROR_TIMEOUT);
}

static void inner_statuses_leave_as_our_own_fault(void **state)
{
    (void)state;
    assert_int_equal(status_exit(STATUS_NO_MEMORY), 5);
    assert_int_equal(status_exit(STATUS_MISS), 5);
    assert_string_equal(status_name(STATUS_TOO_BIG), "unavailable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_its_name_status_and_exit),
        cmocka_unit_test(names_lead_back_to_their_errors),
        cmocka_unit_test(unknown_names_are_no_errors),
        cmocka_unit_test(inner_statuses_leave_as_our_own_fault),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
