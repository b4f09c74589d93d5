/* s3xml.h - the XML that S3 answers, piece by piece as it comes.  The only module that knows expat.
 *
 *     x = s3xml_open();
 *     s3xml_add(x, bytes, count, e);   any number of times; once it failed, it fails again
 *     s3xml_end(x, &said, e);          x is gone; said is empty if it fails
 *     ... s3said_free(&said);
 *
 * ERR_PROTO, in words that fit behind "the store's answer": a document type (so there are no
 * entities to expand, and web pages are told at once), no XML, longer or deeper than the limits in
 * s3xml.c, and what s3said.h refuses.  Memory is bounded by those limits.
 */
#pragma once

#include "daemon/core/s3said.h"

struct s3xml;

struct s3xml *s3xml_open(void);
enum err_code s3xml_add(struct s3xml *x, const void *bytes, size_t count, struct err *e) must_check;
enum err_code s3xml_end(struct s3xml *x, struct s3said *said, struct err *e) must_check;
void s3xml_free(struct s3xml *x); /* instead of s3xml_end(); NULL is nothing to free */
