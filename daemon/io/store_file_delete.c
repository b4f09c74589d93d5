#include "common/scoped.h"
#include "daemon/io/disk.h"
#include "daemon/io/store_file.h"

/* What is left by a crash between two steps is listed, and so deleted by the next try. */
enum err_code file_delete(struct file_job *j, struct err *e)
{
	struct file_spot spot;

	if (file_find(j, false, &spot, e))
		return e->code == ERR_MISSING ? ERR_NONE : e->code;
	scoped(fd) int folder = spot.folder;
	if (spot.kind == OBJKEY_DATABASE)
		return disk_remove(folder, spot.database, e);
	if (disk_remove(folder, spot.tags, e))
		return e->code;
	return disk_remove(folder, spot.metadata, e);
}
