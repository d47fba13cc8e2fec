/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What read() is asked for at once when the size given by fstat turns out to be wrong. */
#define FILE_STEP ((size_t)4096)

typedef struct file_bytes {
    churn__heap *heap;
    char *data;
    size_t size, capacity;
} file_bytes;

static churn__file_result file_result_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ENAMETOOLONG:
        return CHURN__FILE_MISSING;
    case EACCES:
    case EPERM:
        return CHURN__FILE_DENIED;
    case EISDIR:
    case ENXIO:
        return CHURN__FILE_KIND;
    case ENOMEM:
        return CHURN__FILE_NOMEM;
    default:
        return CHURN__FILE_IO;
    }
}

/* O_NONBLOCK: opening a pipe that nobody writes to must not hang; regular files ignore it. */
static int file_open(const char *path)
{
    int fd = -1;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

static bool file_resize(file_bytes *bytes, size_t capacity)
{
    char *data =
        churn__realloc_array(bytes->heap, bytes->data, bytes->capacity, capacity, sizeof *data);
    if (data == NULL) {
        return false;
    }
    bytes->data = data;
    bytes->capacity = capacity;
    return true;
}

/* One byte of the capacity is always left over for the NUL. */
static churn__file_result file_read_some(int fd, file_bytes *bytes, bool *end)
{
    ssize_t got = 0;
    if (bytes->capacity - bytes->size < 2 && !file_resize(bytes, bytes->capacity + FILE_STEP)) {
        return CHURN__FILE_NOMEM;
    }
    do {
        got = read(fd, bytes->data + bytes->size, bytes->capacity - bytes->size - 1);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return file_result_of(errno);
    }
    bytes->size += (size_t)got;
    *end = got == 0;
    return CHURN__FILE_OK;
}

/* The size is a hint only: the file may grow or shrink while it is read, and a file of a virtual
 * system says 0. */
static churn__file_result file_prepare(int fd, size_t max, file_bytes *bytes)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return file_result_of(errno);
    }
    if (!S_ISREG(info.st_mode)) {
        return CHURN__FILE_KIND;
    }
    if (info.st_size < 0 || (uintmax_t)info.st_size > max) {
        return CHURN__FILE_TOO_BIG;
    }
    /* The data, a byte that shows whether there is more, and the NUL. */
    return file_resize(bytes, (size_t)info.st_size + 2) ? CHURN__FILE_OK : CHURN__FILE_NOMEM;
}

static churn__file_result file_read_all(int fd, size_t max, file_bytes *bytes)
{
    bool end = false;
    churn__file_result result = file_prepare(fd, max, bytes);
    while (result == CHURN__FILE_OK && !end) {
        result = file_read_some(fd, bytes, &end);
        if (result == CHURN__FILE_OK && bytes->size > max) {
            result = CHURN__FILE_TOO_BIG;
        }
    }
    if (result == CHURN__FILE_OK && !file_resize(bytes, bytes->size + 1)) {
        result = CHURN__FILE_NOMEM;
    }
    return result;
}

churn__file_result churn__file_read(churn__heap *heap, const char *path, size_t max, char **data,
                                    size_t *size)
{
    file_bytes bytes = {.heap = heap};
    churn__file_result result = CHURN__FILE_OK;
    size_t cap = max < SIZE_MAX - FILE_STEP - 2 ? max : SIZE_MAX - FILE_STEP - 2;
    int fd = file_open(path);
    if (fd < 0) {
        return file_result_of(errno);
    }
    result = file_read_all(fd, cap, &bytes);
    (void)close(fd);
    if (result != CHURN__FILE_OK) {
        churn__free(heap, bytes.data, bytes.capacity);
        return result;
    }
    bytes.data[bytes.size] = '\0';
    *data = bytes.data;
    *size = bytes.size;
    return CHURN__FILE_OK;
}

const char *churn__file_result_text(churn__file_result result)
{
    switch (result) {
    case CHURN__FILE_OK:
        return "no error";
    case CHURN__FILE_MISSING:
        return "no such file";
    case CHURN__FILE_DENIED:
        return "permission denied";
    case CHURN__FILE_KIND:
        return "not a regular file";
    case CHURN__FILE_TOO_BIG:
        return "too large";
    case CHURN__FILE_NOMEM:
        return "no memory";
    default:
        return "cannot be read";
    }
}
