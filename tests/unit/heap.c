/* SPDX-License-Identifier: GPL-2.0-only */
#include "unit/heap.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);

static struct {
	size_t nth;
	bool rest;
	size_t asked;
	size_t refused;
	size_t blocks;
	size_t bytes;
} heap;

void heap_refuse(size_t nth, bool rest)
{
	heap.nth = nth;
	heap.rest = rest;
	heap.asked = heap.refused = 0;
}

size_t heap_asked(void)
{
	return heap.asked;
}

size_t heap_refused(void)
{
	return heap.refused;
}

size_t heap_blocks(void)
{
	return heap.blocks;
}

size_t heap_bytes(void)
{
	return heap.bytes;
}

static bool refuses(void)
{
	heap.asked++;
	if (!heap.nth || heap.asked < heap.nth || (heap.asked > heap.nth && !heap.rest))
		return false;
	heap.refused++;
	return true;
}

static void *gave(void *p)
{
	if (p) {
		heap.blocks++;
		heap.bytes += malloc_usable_size(p);
	}
	return p;
}

static void takes(void *p)
{
	if (p) {
		heap.blocks--;
		heap.bytes -= malloc_usable_size(p);
	}
}

void *__wrap_malloc(size_t n)
{
	return refuses() ? NULL : gave(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuses() ? NULL : gave(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t n)
{
	if (refuses())
		return NULL;
	takes(p);
	return gave(__real_realloc(p, n));
}

void __wrap_free(void *p)
{
	takes(p);
	__real_free(p);
}

char *__wrap_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *p = __wrap_malloc(len + 1);

	if (!p)
		return NULL;
	memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *__wrap_strdup(const char *s)
{
	return __wrap_strndup(s, strlen(s));
}
