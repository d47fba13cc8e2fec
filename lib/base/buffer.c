/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <string.h>

#include "base/checked.h"

struct churn_buffer {
    churn__heap *heap;
    size_t size;
    unsigned char data[];
};

churn_buffer *churn__buffer_make(churn__heap *heap, const void *data, size_t size)
{
    size_t total = 0;
    if (!churn__add_size(size, sizeof(churn_buffer), &total)) {
        return NULL;
    }
    churn_buffer *buffer = churn__alloc(heap, total);
    if (buffer == NULL) {
        return NULL;
    }
    buffer->heap = churn__heap_retain(heap);
    buffer->size = size;
    if (size > 0) {
        memcpy(buffer->data, data, size);
    }
    churn__live_add(1);
    return buffer;
}

const void *churn_buffer_data(const churn_buffer *buffer)
{
    return buffer == NULL ? NULL : buffer->data;
}

size_t churn_buffer_size(const churn_buffer *buffer)
{
    return buffer == NULL ? 0 : buffer->size;
}

void churn_buffer_free(churn_buffer *buffer)
{
    if (buffer == NULL) {
        return;
    }
    churn__heap *heap = buffer->heap;
    churn__free(heap, buffer, sizeof *buffer + buffer->size);
    churn__heap_release(heap);
    churn__live_add(-1);
}
