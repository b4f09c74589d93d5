/* tidying.h - what maintain does with an object of a bucket.  Pure.
 *
 * HEAD moves nothing: R2 moves an object to Infrequent Access by header, by the bucket's default or by
 * a lifecycle rule of its owner, never for want of readers.  What helps is to copy it onto itself as
 * STANDARD.  But that makes it the last one uploaded, and the Python client deletes by the time of
 * upload: of a database that has its versions the database objects stay where they are.
 */
#pragma once

#include <stdbool.h>

enum tidying { TIDYING_TOUCH, TIDYING_MOVE, TIDYING_KEEP };

bool tidying_is_standard(const char *class); /* "": not said, which means that it is */
/* is_metadata: by its time nobody deletes.  shared: the database has versions of the Python client. */
enum tidying tidying_of(const char *class, bool is_metadata, bool shared);
