/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "failing.h"

static char folder[] = "/tmp/churn-file-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(size_t size)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    for (size_t i = 0; i < size; i++) {
        fputc((int)(i * 31 % 251), out);
    }
    assert_int_equal(fclose(out), 0);
}

static void file_read__sizes__whole_and_terminated(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 100000};
    churn__heap *heap = churn__heap_create(NULL, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *data = NULL;
        size_t size = 0;
        write_file(sizes[i]);
        assert_int_equal(churn__file_read(heap, path, 100000, &data, &size), CHURN__FILE_OK);
        assert_int_equal(size, sizes[i]);
        assert_int_equal(data[size], 0);
        for (size_t j = 0; j < size; j++) {
            assert_int_equal((uint8_t)data[j], j * 31 % 251);
        }
        churn__free(heap, data, size + 1);
        assert_int_equal(churn__heap_used(heap), 0);
    }
    churn__heap_release(heap);
}

static void file_read__limit__counts_bytes(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    char *data = NULL;
    size_t size = 7;
    write_file(10);
    assert_int_equal(churn__file_read(heap, path, 9, &data, &size), CHURN__FILE_TOO_BIG);
    assert_null(data);
    assert_int_equal(size, 7);
    assert_int_equal(churn__file_read(heap, path, 10, &data, &size), CHURN__FILE_OK);
    churn__free(heap, data, size + 1);
    assert_int_equal(churn__file_read(heap, path, SIZE_MAX, &data, &size), CHURN__FILE_OK);
    churn__free(heap, data, size + 1);
    churn__heap_release(heap);
}

static void file_read__no_regular_file__says_what(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    char *data = NULL;
    size_t size = 0;
    char pipe_path[80];
    snprintf(pipe_path, sizeof pipe_path, "%s/pipe", folder);
    assert_int_equal(churn__file_read(heap, "/no/such/file", 10, &data, &size),
                     CHURN__FILE_MISSING);
    assert_int_equal(churn__file_read(heap, "", 10, &data, &size), CHURN__FILE_MISSING);
    assert_int_equal(churn__file_read(heap, folder, 10, &data, &size), CHURN__FILE_KIND);
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    assert_int_equal(churn__file_read(heap, pipe_path, 10, &data, &size), CHURN__FILE_KIND);
    assert_int_equal(unlink(pipe_path), 0);
    write_file(1);
    assert_int_equal(chmod(path, 0), 0);
    if (geteuid() != 0) { /* root reads everything */
        assert_int_equal(churn__file_read(heap, path, 10, &data, &size), CHURN__FILE_DENIED);
    }
    assert_int_equal(unlink(path), 0);
    assert_null(data);
    churn__heap_release(heap);
}

/* Files of the kernel say that they have 0 bytes and hold some. */
static void file_read__size_unknown__reads_to_the_end(void **state)
{
    (void)state;
    churn__heap *heap = churn__heap_create(NULL, 0);
    char *data = NULL;
    size_t size = 0;
    if (access("/proc/self/status", R_OK) != 0) {
        churn__heap_release(heap);
        skip();
    }
    assert_int_equal(churn__file_read(heap, "/proc/self/status", 1 << 20, &data, &size),
                     CHURN__FILE_OK);
    assert_true(size > 0);
    churn__free(heap, data, size + 1);
    assert_int_equal(churn__file_read(heap, "/proc/self/status", 5, &data, &size),
                     CHURN__FILE_TOO_BIG);
    churn__heap_release(heap);
}

static void file_read__no_memory__leaves_nothing(void **state)
{
    (void)state;
    failing f = {0};
    churn_allocator host = failing_allocator(&f);
    churn__heap *heap = churn__heap_create(&host, 0);
    churn__file_result result = CHURN__FILE_NOMEM;
    int64_t blocks = f.blocks;
    write_file(5000);
    for (uint64_t n = 1; result == CHURN__FILE_NOMEM && n < 10; n++) {
        char *data = NULL;
        size_t size = 0;
        f.fail_at = f.requests + n;
        result = churn__file_read(heap, path, 10000, &data, &size);
        if (result == CHURN__FILE_OK) {
            churn__free(heap, data, size + 1);
        }
        assert_int_equal(f.blocks, blocks);
    }
    assert_int_equal(result, CHURN__FILE_OK);
    churn__heap_release(heap);
    assert_false(f.mismatch);
}

static void file_result_text__each__has_its_own(void **state)
{
    (void)state;
    for (int a = CHURN__FILE_OK; a <= CHURN__FILE_NOMEM; a++) {
        for (int b = CHURN__FILE_OK; b < a; b++) {
            assert_string_not_equal(churn__file_result_text((churn__file_result)a),
                                    churn__file_result_text((churn__file_result)b));
        }
    }
}

int main(void)
{
    const struct CMUnitTest group[] = {
        cmocka_unit_test(file_read__sizes__whole_and_terminated),
        cmocka_unit_test(file_read__limit__counts_bytes),
        cmocka_unit_test(file_read__no_regular_file__says_what),
        cmocka_unit_test(file_read__size_unknown__reads_to_the_end),
        cmocka_unit_test(file_read__no_memory__leaves_nothing),
        cmocka_unit_test(file_result_text__each__has_its_own),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("file", group, make_folder, remove_folder);
}
