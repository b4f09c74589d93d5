/* wrong_clock - LD_PRELOAD: the wall clock as a test wants it, for one program.
 *
 * The file that WRONG_CLOCK names is mapped and holds two 64-bit numbers: microseconds to add to
 * the real time, and, unless it is 0, the moment at which the clock stands still.  A test changes
 * them while the program runs.  Steady clocks are left as they are.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct setting {
	_Atomic int64_t add, stands_at;
};

static const struct setting *setting;

__attribute__((constructor)) static void map_setting(void)
{
	const char *path = getenv("WRONG_CLOCK");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return;
	void *map = mmap(NULL, sizeof(*setting), PROT_READ, MAP_SHARED, fd, 0);
	if (map != MAP_FAILED)
		setting = map;
	(void)close(fd);
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *t)
{
	long failed = syscall(SYS_clock_gettime, clock, t);

	if (failed || clock != CLOCK_REALTIME || !setting)
		return (int)failed;
	int64_t moment = (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000 + setting->add;
	if (setting->stands_at)
		moment = setting->stands_at;
	t->tv_sec = (time_t)(moment / 1000000);
	t->tv_nsec = (long)(moment % 1000000) * 1000;
	return 0;
}
