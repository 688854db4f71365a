/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first line of a script, as the kernel and env read it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "run_script.h"

static void assert_script(const char *text, const char *interpreter,
                          const char *argument)
{
    struct run_script script;

    assert_true(run_script_read(text, strlen(text), &script));
    assert_string_equal(script.interpreter, interpreter);
    assert_string_equal(script.argument, argument);
}

static void reads_interpreter_and_argument(void **state)
{
    (void)state;
    assert_script("#!/bin/sh\nrest", "/bin/sh", "");
    assert_script("#!/bin/sh", "/bin/sh", "");
    assert_script("#! \t/bin/sh \t\nrest", "/bin/sh", "");
    assert_script("#!/bin/awk -f\n", "/bin/awk", "-f");
    assert_script("#!/usr/bin/env \t-S  a  b \n", "/usr/bin/env", "-S  a  b");
    assert_script("#!sh\n", "sh", "");
}

static void finds_no_interpreter(void **state)
{
    static const char *const TEXTS[] = {
        "",
        "#",
        "#!",
        "#!\n/bin/sh",
        "#! \t\n",
        " #!/bin/sh",
        "echo\n#!/bin/sh",
    };
    struct run_script script;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++)
        assert_false(run_script_read(TEXTS[i], strlen(TEXTS[i]), &script));
}

/* The kernel looks at 256 octets, the last of which it makes a NUL. */
static void reads_no_more_than_the_kernel(void **state)
{
    char text[600];
    struct run_script script;

    (void)state;
    memset(text, 'x', sizeof(text));
    memcpy(text, "#!/", 3);
    assert_true(run_script_read(text, sizeof(text), &script));
    assert_int_equal(strlen(script.interpreter), 253);
    for (size_t size = 0; size < 20; size++)
        assert_int_equal(run_script_read(text, size, &script), size > 2);
}

static void tells_text_by_its_first_line(void **state)
{
    (void)state;
    assert_true(run_script_is_text("", 0));
    assert_true(run_script_is_text("echo", 4));
    assert_true(run_script_is_text("echo\n\0", 6));
    assert_false(run_script_is_text("ec\0o\n", 5));
    assert_false(run_script_is_text("\0", 1));
}

static void assert_runs(const char *argument, const char *command)
{
    char word[RUN_SCRIPT_LINE] = "";

    assert_int_equal(run_script_env(argument, word), RUN_SCRIPT_ENV_RUNS);
    assert_string_equal(word, command);
}

static void finds_what_env_runs(void **state)
{
    (void)state;
    assert_runs("python3", "python3");
    assert_runs("/opt/python", "/opt/python");
    assert_runs("two words", "two words"); /* one argument without -S */
    assert_runs("-S python3 -u", "python3");
    assert_runs("-Spython3", "python3");
    assert_runs("-vS python3", "python3");
    assert_runs("--split-string=python3 -i", "python3");
    assert_runs("-S A=1 B=- python3 C=2", "python3");
    assert_runs("-S -u HOME --unset=TERM -v python3", "python3");
}

static void assert_outcome(const char *argument, enum run_script_env outcome)
{
    char word[RUN_SCRIPT_LINE];

    assert_int_equal(run_script_env(argument, word), outcome);
}

static void sees_the_environment_dropped(void **state)
{
    static const char *const ARGUMENTS[] = {
        "-",
        "-i",
        "-S -i sh",
        "-S - sh",
        "-S --ignore-environment sh",
        "-S -u LD_PRELOAD sh",
        "-S --unset=LD_PRELOAD sh",
        "-S LD_PRELOAD= sh",
        "-S A=1 -u NSS_MATRIX_HELPER sh",
        "-S NSS_MATRIX_SPEC=v1 sh",
        "-S -u",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ARGUMENTS); i++)
        assert_outcome(ARGUMENTS[i], RUN_SCRIPT_ENV_DROPS);
}

static void does_not_guess(void **state)
{
    static const char *const ARGUMENTS[] = {
        "",         "A=1",         "--help",        "-S",
        "-S A=1",   "-S -C / sh",  "-S 'sh'",       "-S \"sh\"",
        "-S s\\_h", "-S ${SHELL}", "-S PATH=/x sh", "-S --chdir=/ sh",
        "-S # sh",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ARGUMENTS); i++)
        assert_outcome(ARGUMENTS[i], RUN_SCRIPT_ENV_UNKNOWN);
}

static void takes_the_longest_line(void **state)
{
    char argument[RUN_SCRIPT_LINE + 8];
    char word[RUN_SCRIPT_LINE];

    (void)state;
    memset(argument, 'x', sizeof(argument));
    argument[RUN_SCRIPT_LINE - 1] = '\0';
    assert_int_equal(run_script_env(argument, word), RUN_SCRIPT_ENV_RUNS);
    assert_int_equal(strlen(word), RUN_SCRIPT_LINE - 1);
    memcpy(argument, "-S ", 3);
    assert_int_equal(run_script_env(argument, word), RUN_SCRIPT_ENV_RUNS);
    memset(argument, 'x', sizeof(argument));
    argument[RUN_SCRIPT_LINE] = '\0';
    assert_int_equal(run_script_env(argument, word), RUN_SCRIPT_ENV_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_interpreter_and_argument),
        cmocka_unit_test(finds_no_interpreter),
        cmocka_unit_test(reads_no_more_than_the_kernel),
        cmocka_unit_test(tells_text_by_its_first_line),
        cmocka_unit_test(finds_what_env_runs),
        cmocka_unit_test(sees_the_environment_dropped),
        cmocka_unit_test(does_not_guess),
        cmocka_unit_test(takes_the_longest_line),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("run_script", tests, NULL, NULL);
}
