#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/dpae-spool-XXXXXX";
static char path[64];

static struct spool *open_spool(uint64_t max_bytes) {
    struct spool *spool;
    struct error error;
    if (spool_open(&spool, path, max_bytes, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return spool;
}

static void append(struct spool *spool, const char *text) {
    assert_int_equal(spool_append(spool, text, (uint32_t)strlen(text) + 1), 0);
}

static void reads(struct spool *spool, const char *expected) {
    char record[SPOOL_RECORD_MAX];
    const int size = spool_read(spool, record, sizeof record);
    if (!expected) {
        assert_int_equal(size, 0);
        return;
    }
    assert_int_equal(size, strlen(expected) + 1);
    assert_string_equal(record, expected);
}

static void records_come_back_in_order_until_forgotten(void **state) {
    (void)state;
    struct spool *spool = open_spool(1 << 20);
    append(spool, "one");
    append(spool, "two");
    append(spool, "three");
    reads(spool, "one");
    reads(spool, "two");
    spool_rewind(spool);
    reads(spool, "one");
    append(spool, "four"); /* while a read is in progress */
    spool_forget(spool);
    assert_int_equal(spool_records(spool), 3);
    reads(spool, "two");
    reads(spool, "three");
    reads(spool, "four");
    reads(spool, NULL);
    spool_forget(spool);
    assert_int_equal(spool_records(spool), 0);
    assert_int_equal(spool_bytes(spool), 0);
    spool_close(spool);
}

static void records_not_forgotten_survive_a_restart(void **state) {
    (void)state;
    struct spool *spool = open_spool(1 << 20);
    append(spool, "one");
    append(spool, "two");
    append(spool, "three");
    reads(spool, "one");
    spool_forget(spool);
    reads(spool, "two"); /* but its write is not confirmed */
    spool_close(spool);  /* as the kernel closes it for a killed program */
    spool = open_spool(1 << 20);
    assert_int_equal(spool_records(spool), 2);
    assert_int_equal(spool_torn(spool), 0);
    reads(spool, "two");
    reads(spool, "three");
    reads(spool, NULL);
    spool_close(spool);
}

static void damage_file(off_t from_end, const char *bytes, size_t size) {
    struct stat about;
    const int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &about), 0);
    if (bytes) {
        assert_int_equal(pwrite(fd, bytes, size, about.st_size - from_end), size);
    } else {
        assert_int_equal(ftruncate(fd, about.st_size - from_end), 0);
    }
    close(fd);
}

static void a_truncated_record_is_ignored(void **state) {
    (void)state;
    /* "two" with its NUL takes 4 bytes, preceded by 8. */
    static const struct {
        off_t from_end;
        const char *bytes;
    } cases[] = {{1, NULL}, {4, NULL}, {8, NULL}, {11, NULL}, {2, "x"}, {7, "x"}, {12, "\xff\xff"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct spool *spool = open_spool(1 << 20);
        append(spool, "one");
        append(spool, "two");
        spool_close(spool);
        damage_file(cases[i].from_end, cases[i].bytes, cases[i].bytes ? strlen(cases[i].bytes) : 0);
        spool = open_spool(1 << 20);
        assert_int_equal(spool_records(spool), 1);
        assert_true(spool_torn(spool) > 0);
        append(spool, "three");
        reads(spool, "one");
        reads(spool, "three");
        reads(spool, NULL);
        spool_close(spool);
        assert_int_equal(unlink(path), 0);
    }
}

/* The descriptor of the spool's open file. */
static int descriptor_of_spool(void) {
    char link[64], target[128];
    for (int fd = 3; fd < 256; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        const ssize_t length = readlink(link, target, sizeof target - 1);
        if (length > 0 && strncmp(target, path, (size_t)length) == 0) {
            return fd;
        }
    }
    fail_msg("the spool has no descriptor");
    return -1;
}

static void a_failed_read_is_repeated_later(void **state) {
    (void)state;
    char record[SPOOL_RECORD_MAX];
    struct spool *spool = open_spool(1 << 20);
    append(spool, "one");
    append(spool, "two");
    const int fd = descriptor_of_spool(), readable = dup(fd), unreadable = open(path, O_WRONLY);
    reads(spool, "one");
    assert_int_equal(dup2(unreadable, fd), fd);
    assert_int_equal(spool_read(spool, record, sizeof record), -EBADF);
    assert_int_equal(spool_records(spool), 2);
    assert_int_equal(dup2(readable, fd), fd);
    reads(spool, "two");
    reads(spool, NULL);
    close(readable);
    close(unreadable);
    spool_close(spool);
}

/* Damage while the spool is open. */
static void damage_removes_the_following_records_once(void **state) {
    (void)state;
    char record[SPOOL_RECORD_MAX];
    for (off_t from_end = 1; from_end <= 25; from_end += 12) { /* "end", "two", "fst" */
        const uint64_t left = (uint64_t)from_end / 12;
        struct spool *spool = open_spool(1 << 20);
        append(spool, "fst");
        append(spool, "two");
        append(spool, "end");
        damage_file(from_end, "x", 1);
        for (unsigned times = 0; times < 2; times++) {
            for (uint64_t i = left; i < 2; i++) {
                assert_true(spool_read(spool, record, sizeof record) > 0);
            }
            assert_int_equal(spool_read(spool, record, sizeof record), times == 0 ? -EBADMSG : 0);
            assert_int_equal(spool_records(spool), 2 - left);
            spool_rewind(spool);
        }
        append(spool, "new");
        for (uint64_t i = left; i < 2; i++) {
            assert_true(spool_read(spool, record, sizeof record) > 0);
        }
        reads(spool, "new");
        reads(spool, NULL);
        spool_forget(spool);
        assert_int_equal(spool_records(spool), 0);
        spool_close(spool);
    }
}

static void a_spool_is_bounded_and_frees_its_disk_space(void **state) {
    (void)state;
    static char record[1000];
    const uint64_t max_bytes = 64 * 1024;
    struct spool *spool = open_spool(max_bytes);
    unsigned added = 0;
    while (spool_append(spool, record, sizeof record) == 0) {
        added++;
    }
    assert_int_equal(spool_append(spool, record, sizeof record), -ENOSPC);
    assert_in_range(added, 60, 65);
    /* Indefinitely: records that were read make room, though the spool is never empty. */
    char back[SPOOL_RECORD_MAX];
    for (unsigned round = 0; round < 500; round++) {
        assert_int_equal(spool_read(spool, back, sizeof back), sizeof record);
        spool_forget(spool);
        assert_int_equal(spool_append(spool, record, sizeof record), 0);
    }
    assert_int_equal(spool_records(spool), added);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_true((uint64_t)about.st_blocks * 512 <= max_bytes + 3 * 4096);
    spool_close(spool);
}

static void a_file_of_another_user_is_rejected(void **state) {
    (void)state;
    struct spool *spool, *second;
    struct error error;
    char target[80];
    spool = open_spool(1 << 20);
    assert_int_not_equal(spool_open(&second, path, 1 << 20, &error), 0);
    assert_non_null(strstr(error.message, "another dpae"));
    spool_close(spool);

    assert_int_equal(chmod(path, 0644), 0);
    assert_int_not_equal(spool_open(&second, path, 1 << 20, &error), 0);
    assert_int_equal(unlink(path), 0);

    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(symlink(target, path), 0);
    assert_int_not_equal(spool_open(&second, path, 1 << 20, &error), 0);
    assert_int_equal(access(target, F_OK), -1);
    assert_int_equal(unlink(path), 0);

    const int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "something else", 14), 14);
    close(fd);
    assert_int_not_equal(spool_open(&second, path, 1 << 20, &error), 0);
    assert_non_null(strstr(error.message, path));
}

static int begin(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s/spool", folder);
    return 0;
}

static int end(void **state) {
    (void)state;
    return unlink(path);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static int end_if_there(void **state) {
    (void)state;
    (void)unlink(path);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_back_in_order_until_forgotten, begin, end),
        cmocka_unit_test_setup_teardown(records_not_forgotten_survive_a_restart, begin, end),
        cmocka_unit_test_setup_teardown(a_truncated_record_is_ignored, begin, end_if_there),
        cmocka_unit_test_setup_teardown(a_failed_read_is_repeated_later, begin, end),
        cmocka_unit_test_setup_teardown(damage_removes_the_following_records_once, begin, end),
        cmocka_unit_test_setup_teardown(a_spool_is_bounded_and_frees_its_disk_space, begin, end),
        cmocka_unit_test_setup_teardown(a_file_of_another_user_is_rejected, begin, end),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
