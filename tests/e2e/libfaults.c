/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Faults of the system, for a server that preloads this library: failing writes and fsyncs of the
 * store, sends without a buffer, a clock that was set. The file named by PTT_LIBFAULTS holds the
 * present faults; the test maps it, too.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* As test_system_faults.py writes it: native order, 8 bytes each. */
struct faults {
	int64_t sync_errno;   /* fsync, fdatasync: 0 or the error */
	int64_t write_errno;  /* pwrite */
	int64_t write_short;  /* bytes that pwrite still writes before write_errno: a torn write */
	int64_t send_errno;   /* sendto, sendmsg, sendmmsg on UDP */
	int64_t clock_ns;     /* added to the wall clock */
	int64_t clock_frozen; /* not 0: the wall clock stands at this, in ns */
	int64_t hits;         /* number of faults so far */
};

static volatile struct faults *faults(void)
{
	static volatile struct faults none, *map;
	const char *name;
	int fd;

	if (map)
		return map;
	name = getenv("PTT_LIBFAULTS");
	fd = name ? open(name, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return map = &none;
	map = mmap(NULL, sizeof(*map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return map == MAP_FAILED ? (map = &none) : map;
}

static int fails(int64_t error)
{
	faults()->hits++;
	errno = (int)error;
	return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int fsync(int fd)
{
	return faults()->sync_errno ? fails(faults()->sync_errno) : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return faults()->sync_errno ? fails(faults()->sync_errno) : NEXT(fdatasync)(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	if (faults()->write_errno == 0)
		return NEXT(pwrite64)(fd, bytes, len, at);
	if (faults()->write_short > 0 && (size_t)faults()->write_short < len) {
		len = (size_t)faults()->write_short;
		faults()->write_short = 0;
		return NEXT(pwrite64)(fd, bytes, len, at);
	}
	return fails(faults()->write_errno);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return pwrite64(fd, bytes, len, at);
}

static int blocked(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return faults()->send_errno != 0 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       type == SOCK_DGRAM;
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to,
	socklen_t to_len)
{
	return blocked(fd) ? fails(faults()->send_errno)
			   : NEXT(sendto)(fd, bytes, len, flags, to, to_len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return blocked(fd) ? fails(faults()->send_errno) : NEXT(sendmsg)(fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	return blocked(fd) ? fails(faults()->send_errno)
			   : NEXT(sendmmsg)(fd, messages, count, flags);
}

static int64_t wall_ns(int64_t ns)
{
	return faults()->clock_frozen ? faults()->clock_frozen : ns + faults()->clock_ns;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int rc = NEXT(clock_gettime)(clock, now);
	int64_t ns;

	if (rc != 0 || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
		return rc;
	ns = wall_ns((int64_t)now->tv_sec * 1000000000 + now->tv_nsec);
	now->tv_sec = ns / 1000000000;
	now->tv_nsec = ns % 1000000000;
	return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec wall;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &wall);
	now->tv_sec = wall.tv_sec;
	now->tv_usec = wall.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	if (out)
		*out = wall.tv_sec;
	return wall.tv_sec;
}
