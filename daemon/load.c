#include "daemon/load.h"

#include "common/log.h"
#include "common/scoped.h"
#include "daemon/io/disk.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONFIG_MOST ((size_t)1024 * 1024) /* bytes; a larger file is not a configuration */
#define VALUE_MOST  ((size_t)64 * 1024)   /* bytes of a credential or a KEY_file */

static bool is_of_bucket(const char *name)
{
	return strncmp(name, "R2_", 3) == 0 || strncmp(name, "AWS_", 4) == 0;
}

static char *variable(void *arg, const char *name)
{
	const char *value = secure_getenv(name);

	if (!value)
		return NULL;
	if (is_of_bucket(name))
		*(bool *)arg = true;
	return text_copy(value);
}

static char *contents(void *arg, const char *path, struct err *e)
{
	struct text value = {0};

	(void)arg;
	if (disk_read(AT_FDCWD, path, VALUE_MOST, &value, e) == ERR_NONE)
		return text_take(&value);
	text_free(&value);
	return NULL;
}

static char *credential(void *arg, const char *name)
{
	const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
	struct text path = {0};
	struct err e;

	if (!folder || strchr(name, '/'))
		return NULL;
	text_add(&path, "%s/%s", folder, name);
	char *value = contents(arg, path.at, &e);
	text_free(&path);
	if (value)
		*(bool *)arg = true;
	return value;
}

static bool others_can_read(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & S_IROTH);
}

static enum err_code refuse(struct text *mistakes, struct err *e)
{
	text_add(mistakes, "%s\n", e->text);
	e->code = ERR_CONFIG;
	return ERR_CONFIG;
}

enum err_code load_config(
	struct config **out, const char *path, struct text *mistakes, struct err *e)
{
	bool fixed = false;
	const struct config_world world = {variable, credential, contents, &fixed};
	struct text text = {0};

	*out = NULL;
	if (disk_read(AT_FDCWD, path, CONFIG_MOST, &text, e)) {
		text_free(&text);
		return refuse(mistakes, e);
	}
	e->code = config_parse(out,
		&(struct config_source){
			.file = path, .text = text.at, .length = text.length, .world = &world},
		mistakes, e);
	explicit_bzero(text.at, text.length); /* it may hold secrets */
	text_free(&text);
	if (e->code)
		return e->code;
	(*out)->keys_are_fixed = fixed && config_bucket(*out);
	if ((*out)->holds_secret && others_can_read(path)) {
		config_free(*out);
		*out = NULL;
		err_set(e, ERR_CONFIG,
			"%s: holds a secret and others can read it. Mend: chmod o-rwx %s, or use "
			"KEY_file",
			path, path);
		return refuse(mistakes, e);
	}
	return ERR_NONE;
}

void load_keep_fixed(struct config *next, const struct config *now, struct text *warnings)
{
	const struct {
		const char *key, *is;
		char **becomes;
	} fixed[] = {
		{"state_dir",    now->state_dir,    &next->state_dir   },
		{"socket",       now->socket,       &next->socket      },
		{"socket_group", now->socket_group, &next->socket_group},
		{"inbox",        now->inbox,        &next->inbox       },
	};

	for (size_t i = 0; i < LENGTH(fixed); i++) {
		if (strcmp(fixed[i].is, *fixed[i].becomes) == 0)
			continue;
		text_add(warnings, "[daemon] %s changes only at the next start\n", fixed[i].key);
		free(*fixed[i].becomes);
		*fixed[i].becomes = text_copy(fixed[i].is);
	}
	if (next->keys_are_fixed)
		text_add(warnings,
			"keys of the environment and of credentials are those of casmand's start. "
			"For new ones: systemctl restart casmand\n");
	if (next->warnings.length)
		text_add(warnings, "%s", next->warnings.at);
}

void load_warn(const struct text *warnings)
{
	scoped(heap) char *lines = text_copy(warnings->length ? warnings->at : "");
	char *rest = NULL;

	for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_warning("configuration", "warning=\"%s\"", line);
}
