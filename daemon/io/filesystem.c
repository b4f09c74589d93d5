#include "daemon/io/filesystem.h"

#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

/* Those that linux/magic.h of Debian 12 does not have, by their kernel sources. */
#define CIFS_MAGIC 0xff534d42U
#define RAMFS_TYPE 0x858458f6U

static const struct {
	uint32_t type;
	const char *network; /* NULL: it lies in memory */
} kinds[] = {
	{NFS_SUPER_MAGIC,  "nfs" },
	{CIFS_MAGIC,       "cifs"},
	{SMB2_SUPER_MAGIC, "smb" },
	{SMB_SUPER_MAGIC,  "smb" },
	{V9FS_MAGIC,       "9p"  },
	{CEPH_SUPER_MAGIC, "ceph"},
	{AFS_SUPER_MAGIC,  "afs" },
	{AFS_FS_MAGIC,     "afs" },
	{CODA_SUPER_MAGIC, "coda"},
	{TMPFS_MAGIC,      NULL  },
	{RAMFS_TYPE,       NULL  },
};

enum err_code filesystem_of(const char *path, struct filesystem *fs, struct err *e)
{
	struct statfs st;

	*fs = (struct filesystem){0};
	if (statfs(path, &st))
		return err_sys(e, "look at the file system of %s", path);
	for (size_t i = 0; i < LENGTH(kinds); i++) {
		if (kinds[i].type != (uint32_t)st.f_type)
			continue;
		fs->network = kinds[i].network;
		fs->memory = !kinds[i].network;
	}
	fs->read_only = st.f_flags & ST_RDONLY;
	fs->size = (uint64_t)st.f_bsize * st.f_blocks;
	fs->free = (uint64_t)st.f_bsize * st.f_bavail;
	return ERR_NONE;
}
