/* A disk that fails: preloaded into a process (LD_PRELOAD), it stands between the process and the C library.
 *
 * Once armed, it counts the calls that change what lies below one folder, and lets some of them fail with a chosen
 * error: of the calls whose kind is asked for, those numbered `first` to `last`. Everything else goes through.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* The same values stand in faulty_disk.py. */
enum { OPENS = 1, WRITES = 2, SYNCS = 4, RENAMES = 8, REMOVALS = 16 };

static char below[PATH_MAX];
static size_t below_length;
static long first_call, last_call, counted;
static int kinds_asked, error_number;

void faults_arm(const char *folder, int kinds, long first, long last, int error)
{
    kinds_asked = kinds;
    first_call = first;
    last_call = last;
    error_number = error;
    counted = 0;
    below_length = strlen(folder);
    memcpy(below, folder, below_length + 1);
}

long faults_counted(void)
{
    return counted;
}

/* Whether this call is to fail; errno is set then. */
static int fails(int kind, const char *path)
{
    if (!below_length || !(kind & kinds_asked) || strncmp(path, below, below_length))
        return 0;
    counted++;
    if (counted < first_call || counted > last_call)
        return 0;
    errno = error_number;
    return 1;
}

static int path_of(int descriptor, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return length >= 0;
}

static int fails_at(int kind, int folder, const char *path)
{
    char base[PATH_MAX], whole[2 * PATH_MAX];
    if (!below_length || !path)
        return 0;
    if (path[0] == '/')
        return fails(kind, path);
    if (folder == AT_FDCWD ? !getcwd(base, sizeof base) : !path_of(folder, base))
        return 0;
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    return fails(kind, whole);
}

static int fails_on(int kind, int descriptor)
{
    char path[PATH_MAX];
    return below_length && path_of(descriptor, path) && fails(kind, path);
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                          \
    int name(const char *path, int flags, ...)                              \
    {                                                                       \
        REAL(name);                                                         \
        va_list more;                                                       \
        va_start(more, flags);                                              \
        mode_t mode = va_arg(more, mode_t);                                 \
        va_end(more);                                                       \
        if (flags & O_ACCMODE && fails_at(OPENS, AT_FDCWD, path))           \
            return -1;                                                      \
        return real(path, flags, mode);                                     \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                        \
    int name(int folder, const char *path, int flags, ...)                  \
    {                                                                       \
        REAL(name);                                                         \
        va_list more;                                                       \
        va_start(more, flags);                                              \
        mode_t mode = va_arg(more, mode_t);                                 \
        va_end(more);                                                       \
        if (flags & O_ACCMODE && fails_at(OPENS, folder, path))             \
            return -1;                                                      \
        return real(folder, path, flags, mode);                             \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                         \
    FILE *name(const char *path, const char *mode)                          \
    {                                                                       \
        REAL(name);                                                         \
        if (strpbrk(mode, "wa+") && fails_at(OPENS, AT_FDCWD, path))        \
            return NULL;                                                    \
        return real(path, mode);                                            \
    }
FOPEN(fopen)
FOPEN(fopen64)

#define CALL(kind, check, where, type, name, parameters, arguments)         \
    type name parameters                                                    \
    {                                                                       \
        REAL(name);                                                         \
        if (check(kind, where))                                             \
            return -1;                                                      \
        return real arguments;                                              \
    }
#define fails_named(kind, path) fails_at(kind, AT_FDCWD, path)
CALL(OPENS, fails_named, path, int, mkdir, (const char *path, mode_t mode), (path, mode))
CALL(WRITES, fails_on, file, ssize_t, write, (int file, const void *data, size_t n), (file, data, n))
CALL(WRITES, fails_on, file, ssize_t, pwrite, (int file, const void *data, size_t n, off_t at), (file, data, n, at))
CALL(WRITES, fails_on, file, ssize_t, pwrite64, (int file, const void *data, size_t n, off_t at), (file, data, n, at))
CALL(WRITES, fails_on, file, ssize_t, writev, (int file, const struct iovec *data, int n), (file, data, n))
CALL(WRITES, fails_on, file, int, ftruncate, (int file, off_t length), (file, length))
CALL(WRITES, fails_on, file, int, ftruncate64, (int file, off_t length), (file, length))
CALL(SYNCS, fails_on, file, int, fsync, (int file), (file))
CALL(SYNCS, fails_on, file, int, fdatasync, (int file), (file))
CALL(SYNCS, fails_on, file, int, syncfs, (int file), (file))
CALL(RENAMES, fails_named, to, int, rename, (const char *from, const char *to), (from, to))
CALL(RENAMES, fails_named, to, int, link, (const char *from, const char *to), (from, to))
CALL(REMOVALS, fails_named, path, int, unlink, (const char *path), (path))
CALL(REMOVALS, fails_named, path, int, rmdir, (const char *path), (path))

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(renameat);
    return fails_at(RENAMES, to_folder, to) ? -1 : real(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    REAL(renameat2);
    return fails_at(RENAMES, to_folder, to) ? -1 : real(from_folder, from, to_folder, to, flags);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    REAL(linkat);
    return fails_at(RENAMES, to_folder, to) ? -1 : real(from_folder, from, to_folder, to, flags);
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat);
    return fails_at(REMOVALS, folder, path) ? -1 : real(folder, path, flags);
}
