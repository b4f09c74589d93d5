/* libcurl's functions, by their own names, each of which calls the one in libcurl.so.  So curl's users
 * look like any others, and main needs no libcurl to start. */
#include "daemon/io/http_curl.h"

#define CURL_DISABLE_TYPECHECK /* which makes macros of the names that are defined here */
#include <curl/curl.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

#define FUNCTIONS(X)                                                                               \
	X(curl_easy_cleanup)                                                                       \
	X(curl_easy_getinfo)                                                                       \
	X(curl_easy_init)                                                                          \
	X(curl_easy_setopt)                                                                        \
	X(curl_easy_strerror)                                                                      \
	X(curl_global_cleanup)                                                                     \
	X(curl_global_init)                                                                        \
	X(curl_multi_add_handle)                                                                   \
	X(curl_multi_assign)                                                                       \
	X(curl_multi_cleanup)                                                                      \
	X(curl_multi_info_read)                                                                    \
	X(curl_multi_init)                                                                         \
	X(curl_multi_remove_handle)                                                                \
	X(curl_multi_setopt)                                                                       \
	X(curl_multi_socket_action)                                                                \
	X(curl_slist_append)                                                                       \
	X(curl_slist_free_all)

static struct {
#define X(name) __typeof__(&(name)) name;
	FUNCTIONS(X)
#undef X
} real;
static bool loaded;

/* POSIX knows that a function's address is as an object's; C does not. */
static void find(void *library, const char *name, void *to)
{
	void *function = dlsym(library, name);

	REQUIRE(function); /* there since 7.16: else it is no libcurl */
	memcpy(to, &function, sizeof(function));
}

enum err_code http_curl_load(struct err *e)
{
	if (loaded)
		return ERR_NONE;
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library) /* NOLINTNEXTLINE(concurrency-mt-unsafe): nobody else loads libraries */
		return err_set(e, ERR_CONFIG, "%s (apt-get install libcurl4)", dlerror());
#define X(name) find(library, #name, &real.name);
	FUNCTIONS(X)
#undef X
	REQUIRE(real.curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
	loaded = true;
	return ERR_NONE;
}

void http_curl_end(void)
{
	if (loaded)
		real.curl_global_cleanup();
	loaded = false;
}

/* --- options and facts: one argument, whose type their number tells ------------------------------ */

#define FORWARD(result, function, handle, option)                                                  \
	do {                                                                                       \
		va_list args;                                                                      \
                                                                                                   \
		va_start(args, option);                                                            \
		if ((option) < CURLOPTTYPE_OBJECTPOINT)                                            \
			(result) = (function)(handle, option, va_arg(args, long));                 \
		else if ((option) >= CURLOPTTYPE_OFF_T && (option) < CURLOPTTYPE_BLOB)             \
			(result) = (function)(handle, option, va_arg(args, curl_off_t));           \
		else                                                                               \
			(result) = (function)(handle, option, va_arg(args, void *));               \
		va_end(args);                                                                      \
	} while (0)

CURLcode(curl_easy_setopt)(CURL *curl, CURLoption option, ...)
{
	CURLcode code;

	/* NOLINTNEXTLINE(bugprone-branch-clone): long and curl_off_t may differ */
	FORWARD(code, real.curl_easy_setopt, curl, option);
	return code;
}

CURLMcode(curl_multi_setopt)(CURLM *multi_handle, CURLMoption option, ...)
{
	CURLMcode code;

	/* NOLINTNEXTLINE(bugprone-branch-clone): as above */
	FORWARD(code, real.curl_multi_setopt, multi_handle, option);
	return code;
}

CURLcode(curl_easy_getinfo)(CURL *curl, CURLINFO info, ...)
{
	va_list args;

	va_start(args, info);
	CURLcode code = (real.curl_easy_getinfo)(curl, info, va_arg(args, void *));
	va_end(args);
	return code;
}

/* --- the rest, as it is --------------------------------------------------------------------------- */

CURL *curl_easy_init(void)
{
	return real.curl_easy_init();
}

void curl_easy_cleanup(CURL *curl)
{
	real.curl_easy_cleanup(curl);
}

const char *curl_easy_strerror(CURLcode code)
{
	return real.curl_easy_strerror(code);
}

CURLM *curl_multi_init(void)
{
	return real.curl_multi_init();
}

CURLMcode curl_multi_add_handle(CURLM *multi_handle, CURL *curl_handle)
{
	return real.curl_multi_add_handle(multi_handle, curl_handle);
}

CURLMcode curl_multi_remove_handle(CURLM *multi_handle, CURL *curl_handle)
{
	return real.curl_multi_remove_handle(multi_handle, curl_handle);
}

CURLMcode curl_multi_assign(CURLM *multi_handle, curl_socket_t sockfd, void *sockp)
{
	return real.curl_multi_assign(multi_handle, sockfd, sockp);
}

CURLMsg *curl_multi_info_read(CURLM *multi_handle, int *msgs_in_queue)
{
	return real.curl_multi_info_read(multi_handle, msgs_in_queue);
}

CURLMcode curl_multi_socket_action(
	CURLM *multi_handle, curl_socket_t s, int ev_bitmask, int *running_handles)
{
	return real.curl_multi_socket_action(multi_handle, s, ev_bitmask, running_handles);
}

CURLMcode curl_multi_cleanup(CURLM *multi_handle)
{
	return real.curl_multi_cleanup(multi_handle);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *data)
{
	return real.curl_slist_append(list, data);
}

void curl_slist_free_all(struct curl_slist *list)
{
	real.curl_slist_free_all(list);
}
