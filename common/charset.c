#include "common/charset.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

bool charset_is_utf8(void)
{
	locale_t readers = newlocale(LC_CTYPE_MASK, "", NULL);

	if (!readers)
		return false;
	bool utf8 = strcmp(nl_langinfo_l(CODESET, readers), "UTF-8") == 0;
	freelocale(readers);
	return utf8;
}
